export { gifFile, jpegFile, pdfFile, pngFile, webpFile } from './media-files.ts';
export { assertSplits, joinData, runDecoder, type DecoderCase, type DecoderRun } from './assert-splits.ts';
export { createSeededRandom, type SeededRandom } from './seeded-random.ts';
export { watchHandles, type HandleWatch } from './active-handles.ts';
export { createTestCa, selfSigned, type CertificateOptions, type IssuedCertificate, type TestCa } from './test-ca.ts';
export {
  awaitClose,
  bareFin,
  delay,
  drip,
  fin,
  receive,
  receiveBytes,
  receiveRequest,
  response,
  rst,
  type ScriptedConnection,
  type ScriptedServer,
  type ScriptedServerOptions,
  send,
  sendRepeatedly,
  startScriptedServer,
  type Step,
  until,
} from './scripted-server.ts';
export { collect, complete, createTestTransport, requestsTo, sampleTools, userMessage, withResults } from './provider-conversation.ts';
export { type CollectedEvents, collectEvents, type ProtocolRun, runProtocol, testProtocol, type TestProtocolOptions } from './test-protocol.ts';
export { type ManualClock, manualClock } from './manual-clock.ts';
export { simpleWidth } from './simple-width.ts';
export { type ShownImage } from './terminal-images.ts';
export { createVirtualTerminal, type VirtualCell, type VirtualTerminal, type VirtualTerminalOptions } from './virtual-terminal.ts';
