/** The findings as text for people, in pieces, as they are found. Names and texts from servers cannot act on the terminal. */
import { terminalLine } from '../terminal-text.ts';
import type { Check, Destination } from './check.ts';
import type { MachineFacts } from './machine.ts';

const LINE_CHARS_MAX = 1_000;
const line = (text: string): string => `${terminalLine(text, LINE_CHARS_MAX)}\n`;

export function machineText(facts: MachineFacts): string {
  const files = facts.configFiles.map(({ tier, path, exists, trusted }) => `  ${tier.padEnd(18)} ${(exists ? (trusted ? 'read' : 'not trusted') : 'absent').padEnd(12)} ${line(path)}`);
  const settings = facts.settings.map(({ key, value, from }) => `  ${line(`${key}=${value} (${from})`)}`);
  return [
    line(`sx ${facts.sx}, Node ${facts.node}, OpenSSL ${facts.openssl}, ${facts.platform}, ${facts.time}`),
    '\nConfiguration\n',
    ...files,
    ...(settings.length === 0 ? ['  nothing about the network is set\n'] : settings),
  ].join('');
}

export function providerText(id: string): string {
  return `\n${line(id)}`;
}

export function destinationText({ purposes, url }: Omit<Destination, 'checks'>): string {
  return `\n  ${line(`${purposes.join(', ')}: ${url}`)}`;
}

const MARKS: Readonly<Record<Check['state'], string>> = { ok: 'ok    ', note: 'note  ', failed: 'FAILED' };
const INDENT = ' '.repeat(36);

export function checkText({ name, state, elapsedMs, detail, code, hints = [], chain = [] }: Check): string {
  const time = elapsedMs === undefined ? '' : `${elapsedMs.toFixed(1)} ms`;
  const head = `    ${name.padEnd(13)} ${MARKS[state]} ${time.padStart(10)} ${line(`${detail}${code === undefined ? '' : ` [${code}]`}`)}`;
  const seen = state === 'ok' ? [] : chain.map((certificate) => `${INDENT}${line(`seen: "${certificate.subject}" issued by "${certificate.issuer}", valid ${certificate.validFrom} to ${certificate.validTo}, sha256 ${certificate.fingerprint256}`)}`);
  return [head, ...seen, ...hints.map((hint) => `${INDENT}→ ${line(hint)}`)].join('');
}

export function verdictText(failed: readonly Check[], notes: number): string {
  const noted = notes === 0 ? '' : `, ${notes} ${notes === 1 ? 'note' : 'notes'}`;
  const verdict = failed.length === 0 ? `nothing is wrong${noted}` : `${failed.length} ${failed.length === 1 ? 'check' : 'checks'} failed: ${failed.map(({ code, name }) => code ?? name).join(', ')}${noted}`;
  return `\n${line(verdict)}No credential and no prompt was sent.\n`;
}
