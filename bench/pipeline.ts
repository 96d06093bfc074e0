/**
 * Socket to stream events, in one process, on the same bytes, at three depths; the peers are undici + eventsource-parser.
 *
 * - SSE events: what undici + eventsource-parser give; ours are our transport and our SSE decoder. Both hand events to a callback.
 * - Parsed JSON: the same, with `JSON.parse` of every event's data on their side alone. Ours do not stop there.
 * - Stream events: their two in front of our Responses decoder, yielding events as a library on top of them would; and our whole
 *   pipeline, with retries, error context and the answer so far kept around it.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { allowAll, createDialer, createSseDecoder, createTransport, createTrust, type ServerSentEvent, staticTokenSource } from '@sx/net';
import type { ModelRequest, StreamEvent } from '@sx/llm';
import { responses } from '@sx/protocols/openai-responses';
import { createCodexProvider } from '@sx/provider-codex';
import { createParser } from 'eventsource-parser';
import { Agent, request } from 'undici';

import { median } from './measure.ts';

const EVENTS = 100_000;
const ROUNDS = 7;

interface Round {
  readonly wallMs: number;
  readonly cpuMs: number;
}

export async function benchPipeline(): Promise<void> {
  const server = spawn(process.execPath, ['--conditions=@sx/source', join(import.meta.dirname, 'pipeline-server.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line]: unknown[] = await once(createInterface(server.stdout), 'line');
    const { port, caFile }: { port: number; caFile: string } = JSON.parse(String(line));
    const base = `https://127.0.0.1:${port}/${EVENTS}/backend-api/codex`;
    const transport = createTransport({ dialer: createDialer({ policy: allowAll(), trust: createTrust({ extraCaFiles: [{ path: caFile, from: 'bench' }] }) }) });
    const provider = createCodexProvider({ transport, tokenSource: staticTokenSource('bench', 'bench'), baseUrl: base, userAgent: 'sx/bench' });
    const agent = new Agent({ connect: { ca: readFileSync(caFile) } });
    const url = `${base}/responses`;
    const count = async (stream: AsyncIterable<StreamEvent>): Promise<number> => {
      let events = 0;
      for await (const event of stream) if (event.type === 'text-delta') events += 1;
      return events;
    };
    const candidates: Record<string, () => Promise<number>> = {
      'SSE events: theirs': () => peer(url, agent, (event) => event === DELTA),
      'SSE events: ours': async () => {
        const { body } = await transport.send({ method: 'POST', url, fields: [], body: new TextEncoder().encode('{}') });
        let events = 0;
        const decoder = createSseDecoder();
        const see = ({ event }: ServerSentEvent): void => {
          if (event === DELTA) events += 1;
        };
        for await (const piece of body) decoder.push(piece, see);
        decoder.end(see);
        return events;
      },
      'parsed JSON: theirs': () => peer(url, agent, (_, data) => (JSON.parse(data) as { type?: string }).type === DELTA),
      'stream events: theirs': () => count(peerEvents(url, agent)),
      'stream events: ours': () => count(provider.stream(REQUEST)),
    };
    const rounds = new Map<string, Round[]>(Object.keys(candidates).map((name) => [name, []]));
    for (let index = 0; index <= ROUNDS; index += 1) {
      for (const [name, run] of Object.entries(candidates)) {
        const cpu = process.cpuUsage();
        const started = performance.now();
        const events = await run();
        const wallMs = performance.now() - started;
        const { user, system } = process.cpuUsage(cpu);
        if (events !== EVENTS) throw new Error(`${name} saw ${events} events of ${EVENTS}`);
        if (index > 0) rounds.get(name)?.push({ wallMs, cpuMs: (user + system) / 1000 });
      }
    }
    report(rounds);
    transport.close();
    await agent.close();
  } finally {
    server.stdin.end();
  }
}

async function peer(url: string, agent: Agent, isDelta: (event: string | undefined, data: string) => boolean): Promise<number> {
  let events = 0;
  const parser = createParser({
    onEvent: ({ event, data }) => {
      if (isDelta(event, data)) events += 1;
    },
  });
  const { body } = await request(url, { method: 'POST', body: '{}', dispatcher: agent });
  const decoder = new TextDecoder();
  for await (const chunk of body) parser.feed(decoder.decode(chunk, { stream: true }));
  return events;
}

async function* peerEvents(url: string, agent: Agent): AsyncGenerator<StreamEvent, void, void> {
  const protocol = responses({ dialect: 'codex' });
  const decoder = protocol.createDecoder({ origin: { provider: 'codex', protocol: protocol.id, model: REQUEST.model }, capabilities: {} });
  const ready: StreamEvent[] = [];
  const emit = (event: StreamEvent): void => void ready.push(event);
  const parser = createParser({ onEvent: ({ event = 'message', data, id = '' }) => decoder.push({ event, data, id }, emit) });
  const { body } = await request(url, { method: 'POST', body: '{}', dispatcher: agent });
  const text = new TextDecoder();
  for await (const chunk of body) {
    parser.feed(text.decode(chunk, { stream: true }));
    yield* ready.splice(0);
  }
  decoder.end(emit);
}

function report(rounds: ReadonlyMap<string, readonly Round[]>): void {
  process.stdout.write(`\npipeline, ${EVENTS} events over TLS, median of ${ROUNDS} interleaved rounds in one process\n`);
  let theirs = { wall: 0, cpu: 0 };
  for (const [name, list] of rounds) {
    const wall = median(list.map(({ wallMs }) => wallMs));
    const cpu = median(list.map(({ cpuMs }) => cpuMs));
    const speed = `${Math.round((EVENTS / wall) * 1000)} events/s  ${((cpu * 1000) / EVENTS).toFixed(2)} µs CPU/event`;
    const ratios = name.endsWith('ours') ? `  × events/s ${(theirs.wall / wall).toFixed(2)}  × CPU ${(cpu / theirs.cpu).toFixed(2)}` : '';
    if (name.endsWith('theirs')) theirs = { wall, cpu };
    process.stdout.write(`  ${name.padEnd(24)} ${speed}${ratios}\n`);
  }
  process.stdout.write('    ours against theirs at the same depth; aim: not slower\n');
}

const DELTA = 'response.output_text.delta';

const REQUEST: ModelRequest = {
  model: 'gpt-5.5',
  system: 'bench',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
  tools: [],
  sessionId: '00000000-0000-4000-8000-000000000000',
  turnId: '00000000-0000-4000-8000-000000000001',
};
