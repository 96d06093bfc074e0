/** Every limit of the package, in one table. The unit is in the name. */
export interface SshLimits {
  /** One binary packet. RFC 4253, section 6.1 asks for 35,000; OpenSSH takes 256 KiB. */
  readonly packetBytesMax: number;
  /** Lines before the identification string, and one such line (RFC 4253, section 4.2). */
  readonly bannerLinesMax: number;
  readonly bannerLineBytesMax: number;
  /** Banners during authentication, in sum. They are counted and dropped. */
  readonly authBannerBytesMax: number;
  /** Packets that carry nothing for us (IGNORE, DEBUG, UNIMPLEMENTED) in a row. */
  readonly idlePacketsMax: number;
  /** Keys that are offered before giving up: servers close after six failures by default. */
  readonly keysOfferedMax: number;
  readonly promptsMax: number;
  /** The file that is read. */
  readonly fileBytesMax: number;
  /** What the remote command says on standard error. */
  readonly stderrBytesMax: number;
  /** A key file, a `known_hosts` file. */
  readonly keyFileBytesMax: number;
  readonly knownHostsBytesMax: number;
  /** One message of the ssh-agent. */
  readonly agentMessageBytesMax: number;
  /** Key exchanges over the life of one connection: it lives for one small file. */
  readonly keyExchangesMax: number;
  /** From the connected socket to the end of the key exchange. */
  readonly handshakeTimeoutMs: number;
  /** From there to the last byte of the file. */
  readonly sessionTimeoutMs: number;
  readonly agentTimeoutMs: number;
}

export const defaultSshLimits: SshLimits = {
  packetBytesMax: 256 * 1024,
  bannerLinesMax: 64,
  bannerLineBytesMax: 8 * 1024,
  authBannerBytesMax: 64 * 1024,
  idlePacketsMax: 256,
  keysOfferedMax: 5,
  promptsMax: 8,
  fileBytesMax: 1024 * 1024,
  stderrBytesMax: 16 * 1024,
  keyFileBytesMax: 64 * 1024,
  knownHostsBytesMax: 4 * 1024 * 1024,
  agentMessageBytesMax: 256 * 1024,
  keyExchangesMax: 64,
  handshakeTimeoutMs: 15_000,
  sessionTimeoutMs: 30_000,
  agentTimeoutMs: 60_000,
};
