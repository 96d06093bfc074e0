/**
 * Rewrites a response as a cautious server would have sent it, so that Node's parser can be asked about the meaning of what
 * it refuses for its form.
 *
 * Each rewrite is one of our decisions (docs/supported-http.md): a lone LF becomes CRLF (D1), a fold becomes a space, blanks
 * around a value and after a chunk size go (D2), equal Content-Lengths become one (D4), HTTP/1.2 becomes 1.1, trailers and
 * chunk extensions go, and where no body can follow, the fields that speak of one go. Written with regular expressions on
 * text, on purpose: it shares no code and no method with the decoder that it judges.
 */
export interface Canonical {
  readonly text: string;
  /** What was rewritten, for the report. */
  readonly rewrites: readonly string[];
}

export function canonicalResponse(input: string, method: string): Canonical {
  const rewrites = new Set<string>();
  let rest = input;
  let text = '';
  for (;;) {
    const head = /^[^]*?\n\r?\n/.exec(rest)?.[0];
    if (head === undefined) return { text: text + rest, rewrites: [...rewrites].sort() };
    rest = rest.slice(head.length);
    const status = Number(/^HTTP\/\d\.\d (\d{3})/.exec(head)?.[1] ?? 0);
    const interim = status >= 100 && status < 200;
    const bodiless = interim || status === 204 || status === 304 || method === 'HEAD';
    const canonical = canonicalHead(head, bodiless, interim, rewrites);
    text += canonical;
    if (interim) continue;
    if (bodiless) return { text, rewrites: [...rewrites].sort() };
    const chunked = /^transfer-encoding: chunked\r$/im.test(canonical);
    return { text: text + (chunked ? canonicalChunks(rest, rewrites) : rest), rewrites: [...rewrites].sort() };
  }
}

function canonicalHead(head: string, bodiless: boolean, interim: boolean, rewrites: Set<string>): string {
  const rewritten = (what: string, from: string, to: string): string => {
    if (from !== to) rewrites.add(what);
    return to;
  };
  let text = rewritten('lone LF', head, head.replace(/\r?\n/g, '\r\n'));
  text = rewritten('fold', text, text.replace(/[\t ]*\r\n[\t ]+/g, ' '));
  text = rewritten('minor version', text, text.replace(/^HTTP\/1\.[2-9]/, 'HTTP/1.1'));
  text = rewritten('no SP after the status', text, text.replace(/^(HTTP\/1\.\d \d{3})\r\n/, '$1 \r\n'));
  text = rewritten('blanks around a value', text, text.replace(/^([^\s:]+:)[\t ]*([^\r\n]*?)[\t ]*\r\n/gm, '$1 $2\r\n'));
  const statusLine = /^HTTP\/1\.\d \d{3}/.exec(text)?.[0].replace('1.0', '1.1') ?? '';
  if (interim) text = rewritten('interim fields', text, `${statusLine} \r\n\r\n`);
  const lengths = /^(?:content-length|transfer-encoding):[^\r\n]*\r\n/gim;
  if (bodiless) text = rewritten('length of no body', text, text.replace(lengths, ''));
  return rewritten('repeated Content-Length', text, text.replace(/^content-length: ([0-9, \t]+)\r\n/gim, onceOnly()));
}

/** The first Content-Length with one number; the later ones, which must be equal, go. */
function onceOnly(): (line: string, value: string) => string {
  let first: bigint | undefined;
  return (line, value) => {
    const numbers = value.split(',').map((member) => (/^[ \t]*\d+[ \t]*$/.test(member) ? BigInt(member.trim()) : undefined));
    const [number] = numbers;
    if (number === undefined || numbers.some((other) => other !== (first ?? number))) return line;
    if (first !== undefined) return '';
    first = number;
    return `${line.slice(0, line.indexOf(':'))}: ${number}\r\n`;
  };
}

function canonicalChunks(body: string, rewrites: Set<string>): string {
  let text = '';
  let rest = body;
  for (;;) {
    const line = /^([0-9A-Fa-f]+)([\t ]*)(;[\t\x20-\x7e\x80-\xff]*)?\r\n/.exec(rest);
    if (line === null) return text + rest;
    const [whole, size = '', blanks = '', extension = ''] = line;
    if (blanks !== '') rewrites.add('blank after a chunk size');
    if (extension !== '') rewrites.add('chunk extension');
    rest = rest.slice(whole.length);
    const length = Number.parseInt(size, 16);
    text += `${size}\r\n`;
    if (length > 0) {
      text += rest.slice(0, length + 2);
      rest = rest.slice(length + 2);
      continue;
    }
    // Only trailers that nobody could object to: with a bad one, what went would be the reason of a refusal.
    const trailers = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+:[\t\x20-\x7e\x80-\xff]*\r\n(?:[\t ][\t\x20-\x7e\x80-\xff]*\r\n)*)*\r\n/.exec(rest)?.[0];
    if (trailers === undefined) return text + rest;
    if (trailers !== '\r\n') rewrites.add('trailers');
    return `${text}\r\n`;
  }
}
