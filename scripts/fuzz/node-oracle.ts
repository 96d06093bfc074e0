/**
 * Node's own HTTP parser (llhttp) as a second opinion on a response.
 *
 * In: the octets of a connection, which then ends. Out: what Node made of the first final response. The parser is that of
 * `node:http`, reached through the module that `node:http` takes it from; nothing but the fuzzer depends on it.
 */
export interface OracleVerdict {
  /** `closed`: the body lasted until the end; `incomplete`: more was needed; `refused`: a rule was broken. */
  readonly outcome: 'complete' | 'closed' | 'incomplete' | 'refused';
  readonly reason: string;
  readonly interim: readonly number[];
  /** Zero where no head came out. */
  readonly status: number;
  /** Names and values in turn. */
  readonly fields: readonly string[];
  readonly body: string;
}

interface NodeParser {
  initialize(type: number, resource: object): void;
  execute(octets: Buffer): number | Error;
  finish(): undefined | Error;
  [callback: number]: (...values: never[]) => unknown;
}

interface NodeParserClass {
  new (): NodeParser;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
}

/** What the callback for a head returns: a body follows, or none whatever the fields say. */
const READ_BODY = 0;
const SKIP_BODY = 1;

export function createNodeOracle(): (octets: Uint8Array, method: string) => OracleVerdict {
  const HTTPParser = nodeParserClass();
  const parser = new HTTPParser();
  let interim: number[] = [];
  let status = 0;
  let fields: string[] = [];
  let body = '';
  let over = false;
  let skipBody = false;

  parser[HTTPParser.kOnHeaders] = (more: readonly string[]): void => {
    // Fields beyond the first 32, or trailers; the latter are not compared.
    if (!over && status === 0) fields.push(...more);
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    last: readonly string[] | undefined,
    _method: unknown,
    _url: unknown,
    code: number,
  ): number => {
    if (over) return READ_BODY;
    if (code >= 100 && code < 200) {
      interim.push(code);
      fields = [];
      return READ_BODY;
    }
    status = code;
    fields.push(...(last ?? []));
    return skipBody ? SKIP_BODY : READ_BODY;
  };
  parser[HTTPParser.kOnBody] = (bytes: Buffer): void => {
    if (!over) body += bytes.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = (): void => {
    if (status !== 0) over = true;
  };

  return (octets, method) => {
    interim = [];
    status = 0;
    fields = [];
    body = '';
    over = false;
    skipBody = method === 'HEAD';
    parser.initialize(HTTPParser.RESPONSE, {});
    const verdict = (outcome: OracleVerdict['outcome'], reason = ''): OracleVerdict => {
      return { outcome, reason, interim, status, fields, body };
    };
    const parsed = octets.length === 0 ? 0 : parser.execute(Buffer.from(octets));
    if (over) return verdict('complete');
    if (typeof parsed !== 'number') return verdict('refused', reasonOf(parsed));
    const ended = parser.finish();
    if (over) return verdict('closed');
    if (ended === undefined) return verdict('incomplete');
    const reason = reasonOf(ended);
    return verdict(reason === 'HPE_INVALID_EOF_STATE' ? 'incomplete' : 'refused', reason);
  };
}

function reasonOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}

function nodeParserClass(): NodeParserClass {
  const common: unknown = process.getBuiltinModule('node:_http_common');
  if (typeof common !== 'object' || common === null || !('HTTPParser' in common)) {
    throw new Error('this Node shows no HTTPParser to the oracle');
  }
  // Node's own class, which has no types: its shape is checked by the first input that it is given.
  return common.HTTPParser as NodeParserClass;
}
