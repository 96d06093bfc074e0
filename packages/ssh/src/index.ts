export { CIPHERS, HOST_KEYS, KEX, MACS, type Offer } from './algorithms.ts';
export { fingerprint } from './host-key.ts';
export { defaultSshLimits, type SshLimits } from './limits.ts';
export { readFileOverSsh, type SshOptions } from './read-file-over-ssh.ts';
export { createSshTokenSource, type SshTokenSourceOptions } from './ssh-token-source.ts';
