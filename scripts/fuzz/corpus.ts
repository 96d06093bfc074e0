/** What the fuzzer starts from: the cases of the tests, so that every rule has an entry that is one change away from it. */
import { chunkedCases } from '../../packages/net/test/http1/cases/chunked.ts';
import { exchangeCases } from '../../packages/net/test/http1/cases/exchange.ts';
import { fieldCases } from '../../packages/net/test/http1/cases/fields.ts';
import { framingCases } from '../../packages/net/test/http1/cases/framing.ts';
import { octetsOf } from '../../packages/net/test/http1/cases/http-case.ts';
import { matrix } from '../../packages/net/test/http1/cases/matrix.ts';
import { refusedCases } from '../../packages/net/test/http1/cases/refused.ts';
import { statusLineCases } from '../../packages/net/test/http1/cases/status-line.ts';
import { furtherCases, webPlatformCases } from '../../packages/net/test/sse/sse-cases.ts';

/** Longer cases are about limits; the fuzzer lowers the limits instead. */
const ENTRY_OCTETS_MAX = 500;
const isShort = (octets: Uint8Array): boolean => octets.length <= ENTRY_OCTETS_MAX;
const octets = ({ bytes }: { readonly bytes: string }): Uint8Array => Buffer.from(octetsOf(bytes), 'latin1');

const headCases = [matrix, refusedCases, statusLineCases, fieldCases, framingCases, exchangeCases].flat();
export const headCorpus: readonly Uint8Array[] = headCases.map(octets).filter(isShort);
export const chunkedCorpus: readonly Uint8Array[] = chunkedCases.map(octets).filter(isShort);
export const sseCorpus: readonly Uint8Array[] = [webPlatformCases, furtherCases]
  .flat()
  .map((sseCase) => sseCase.octets)
  .filter(isShort);
