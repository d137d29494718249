/** A public key for Ed25519 signatures: SPKI, DER, base64. */
export type PublicKey = string

export type Signer = {
  publicKey: PublicKey
  /** Ed25519 (RFC 8032); 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}

/** The keys that checkpoints are signed with. The private key may live where the log's keeper cannot read it. */
export interface Keys {
  /** The key of this installation; undefined where there is none. Throws `config.invalid` when it cannot be read. */
  signer(): Promise<Signer | undefined>
  /** The public key alone, where the private one is elsewhere. */
  publicKey(): Promise<PublicKey | undefined>
  /** False for a wrong signature and for keys or signatures that are none. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean
}
