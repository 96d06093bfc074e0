/** Token sources: where an access token comes from, and how it is renewed without ever being lost. */
export { type Credential, type CredentialShape, readCredential } from './credential.ts';
export { type CredentialFile, readCredentialFile } from './credential-file.ts';
export { type CredentialStoreOptions, deleteCredentialFile, type DeletedCredential, writeCredentialFile } from './credential-store.ts';
export { type RefreshedCredential, updateCredential } from './credential-update.ts';
export { createFetchedTokenSource, type FetchedCredential, type FetchedTokenSourceOptions } from './fetched-token-source.ts';
export { createFileTokenSource, type FileTokenSource, type FileTokenSourceOptions, type RefreshCredential } from './file-token-source.ts';
export { type JwtClaims, readJwtClaims } from './jwt-claims.ts';
export { createRemoteTokenSource, type RemoteTokenSourceOptions } from './remote-token-source.ts';
export { parseSecureUrl } from './secure-url.ts';
export { staticTokenSource } from './static-token-source.ts';
export type { AccessToken, SecretSink, TokenRequest, TokenSource } from './token-source.ts';
