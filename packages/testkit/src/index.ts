export { watchHandles, type HandleWatch } from './active-handles.ts';
export { createTestCa, selfSigned, type CertificateOptions, type IssuedCertificate, type TestCa } from './test-ca.ts';
