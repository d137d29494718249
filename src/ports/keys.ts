/** A public key for Ed25519 signatures: SPKI, DER, base64. */
export type PublicKey = string

/** A key as it was given: the file's name, or what it is. */
export type NamedKey = { key: PublicKey; name: string }

export type Signer = {
  publicKey: PublicKey
  /** Ed25519 (RFC 8032); 64 bytes. */
  sign(message: Uint8Array): Uint8Array
}

/** The keys that checkpoints are signed with. The private key may live where the log's keeper cannot read it. */
export interface Keys {
  /** The key of this installation; undefined where there is none. Throws `config.invalid` when it cannot be read. */
  signer(): Promise<Signer | undefined>
  /** Where the private key is looked for, as a person knows it. */
  readonly place?: string
  /** The public keys whose signatures count: those configured, else the private key's other half; none where there is neither. */
  publicKeys(): Promise<readonly NamedKey[]>
  /** False for a wrong signature and for keys or signatures that are none. */
  verify(key: PublicKey, message: Uint8Array, signature: Uint8Array): boolean
}
