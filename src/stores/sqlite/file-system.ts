import { readFile, statfs } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ConcordError } from '../../domain/errors.ts'

// linux/magic.h and the file systems' own headers; macOS numbers its types anew at every boot and is not told apart here.
const networkTypes: { [magic: number]: string } = {
  26985: 'NFS',
  20859: 'SMB',
  4283649346: 'CIFS',
  4266872130: 'SMB2',
  16914839: '9p',
  1397113167: 'AFS',
  1937076805: 'Coda',
  12805120: 'Ceph',
  198183888: 'Lustre',
  1196443219: 'GPFS',
}
const fuse = 0x65735546
const networkFuse =
  /^fuse\.(sshfs|s3fs|gcsfuse|rclone|glusterfs|ceph|davfs|goofys|juicefs|blobfuse2?|smbnetfs|curlftpfs|nfs|cifs)/

/** The kind of network file system behind a statfs type and, for FUSE, the type of its mount; undefined when local or not known. */
export const networkFileSystem = (type: number, mountType?: string): string | undefined => {
  // Some Node builds give the 32-bit number with its sign.
  const magic = type >>> 0
  if (magic !== fuse) return networkTypes[magic]
  return mountType !== undefined && networkFuse.test(mountType) ? mountType : undefined
}

/** The type of the mount a path is on, from the text of /proc/self/mounts: the longest mount point wins, the later one of equals. */
export const mountTypeOf = (path: string, mounts: string): string | undefined => {
  let best = ''
  let type: string | undefined
  for (const line of mounts.split('\n')) {
    const [, point = '', kind] = line.split(' ')
    const folder = point.replace(/\\([0-7]{3})/g, (_, digits: string) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    )
    const inside = path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`)
    if (!inside || folder.length < best.length) continue
    best = folder
    type = kind
  }
  return type
}

/** Throws `store.unsupported` where processes on different machines would each see their own shared memory. */
export const refuseNetworkFileSystem = async (directory: string): Promise<void> => {
  const { type } = await statfs(directory)
  const mounts = type >>> 0 === fuse ? await readFile('/proc/self/mounts', 'utf8').catch(() => '') : ''
  const kind = networkFileSystem(type, mountTypeOf(resolve(directory), mounts))
  if (kind === undefined) return
  throw new ConcordError(
    'store.unsupported',
    `Cannot open a store in ${directory} as SQLite's write-ahead log needs memory shared on one machine: it is on a network file system (${kind}); choose a folder on a local disk, or use the cluster stores for several machines`,
    { details: { directory, kind } },
  )
}
