/**
 * Socket to stream events, in one process, on the same bytes. Three rows: undici + eventsource-parser that stop at parsed JSON; the same two in front of
 * our Responses decoder, yielding stream events as a library on top of them would; and our whole pipeline, with retries and
 * accumulation around it. The second row is the like-for-like one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { allowAll, createDialer, createTransport, createTrust, staticTokenSource } from '@sx/net';
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
    const candidates: Record<string, () => Promise<number>> = {
      'undici + eventsource-parser': () => peer(`${base}/responses`, agent),
      '… + the Responses decoder': async () => {
        let events = 0;
        for await (const event of peerEvents(`${base}/responses`, agent)) if (event.type === 'text-delta') events += 1;
        return events;
      },
      sx: async () => {
        let events = 0;
        for await (const event of provider.stream(REQUEST)) if (event.type === 'text-delta') events += 1;
        return events;
      },
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

async function peer(url: string, agent: Agent): Promise<number> {
  let events = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      const event: { type?: string } = JSON.parse(data);
      if (event.type === 'response.output_text.delta') events += 1;
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
  let base: { wall: number; cpu: number } | undefined;
  for (const [name, list] of rounds) {
    const wall = median(list.map(({ wallMs }) => wallMs));
    const cpu = median(list.map(({ cpuMs }) => cpuMs));
    base ??= { wall, cpu };
    const perSecond = Math.round((EVENTS / wall) * 1000);
    process.stdout.write(`  ${name.padEnd(30)} ${perSecond} events/s  ${((cpu * 1000) / EVENTS).toFixed(2)} µs CPU/event  × events/s ${(base.wall / wall).toFixed(2)}  × CPU ${(cpu / base.cpu).toFixed(2)}\n`);
  }
  process.stdout.write('    aim: not slower than theirs\n');
}

const REQUEST: ModelRequest = {
  model: 'gpt-5.5',
  system: 'bench',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'go' }] }],
  tools: [],
  sessionId: '00000000-0000-4000-8000-000000000000',
  turnId: '00000000-0000-4000-8000-000000000001',
};
