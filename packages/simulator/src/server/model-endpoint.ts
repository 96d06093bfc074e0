/**
 * What every model endpoint does, once its rules have passed a request: choose the scenario, count the attempt, play it.
 *
 * A vendor brings a `WireFormat`: how it writes events, refusals and (where it has them) whole answers.
 */
import { currentTurn, type Conversation } from './conversation.ts';
import { deliverEvents } from './deliver.ts';
import { sendAnswer, type Exchange, type HttpAnswer } from './exchange.ts';
import type { Json } from './json.ts';
import { faultAnswer, faultBytes } from './raw-faults.ts';
import type { Reply } from './reply.ts';
import { numberParameter, type ChosenScenario, type Delivery, type FailureName, type FaultName, type Play, type Scenario } from './scenario.ts';
import type { OutgoingEvent } from './sse-writer.ts';

export interface WireFormat {
  events(reply: Reply): Iterable<OutgoingEvent>;
  headers(): Readonly<Record<string, string>>;
  failure(name: FailureName, retryAfterSeconds: number | undefined): HttpAnswer;
  /** The answer to a request that asked for no stream. */
  whole?(reply: Reply): Json;
}

export interface ModelEndpoint {
  readonly scenarios: Readonly<Record<string, Scenario>>;
  readonly defaultScenario: ChosenScenario;
  /** Applied where the scenario does not say. */
  readonly delivery: Delivery;
  readonly attempts: Map<string, number>;
  reset(exchange: Exchange): void;
}

export async function playScenario(
  endpoint: ModelEndpoint,
  exchange: Exchange,
  conversation: Conversation,
  wire: WireFormat,
  stream = true,
): Promise<void> {
  const chosen = exchange.scenario ?? endpoint.defaultScenario;
  const scenario = endpoint.scenarios[chosen.name];
  if (scenario === undefined) return exchange.answer({ status: 404, body: { detail: `simulator: no scenario ${chosen.name}` } });
  const key = turnKey(exchange, conversation, chosen);
  const attempt = endpoint.attempts.get(key) ?? 0;
  endpoint.attempts.set(key, attempt + 1);
  const play = scenario.play({ conversation, attempt, parameters: chosen.parameters });
  if (endsTurn(play)) endpoint.attempts.delete(key);
  await perform(endpoint, exchange, wire, play, chosen, stream);
}

function turnKey(exchange: Exchange, conversation: Conversation, chosen: ChosenScenario): string {
  const turn = currentTurn(conversation);
  return [exchange.journal.route, chosen.name, conversation.sessionKey, turn.index, turn.userText].join('\n');
}

/**
 * Not every wire format names its session, so that the next one may begin with the same words: what ends a turn ends its count.
 */
function endsTurn(play: Play): boolean {
  if (play.kind !== 'reply' || play.delivery?.stopAfterEvents !== undefined) return false;
  const { parts, end = { type: 'complete' } } = play.reply;
  return end.type === 'complete' && !parts.some(({ type }) => type === 'tool-call');
}

async function perform(
  endpoint: ModelEndpoint,
  exchange: Exchange,
  wire: WireFormat,
  play: Play,
  chosen: ChosenScenario,
  stream: boolean,
): Promise<void> {
  switch (play.kind) {
    case 'failure':
      return exchange.answer(wire.failure(play.failure, play.retryAfterSeconds));
    case 'fault':
      return commitFault(endpoint, exchange, play.fault);
    case 'reply': {
      if (!stream && wire.whole !== undefined) {
        return exchange.answer({ status: 200, headers: wire.headers(), body: wire.whole(play.reply) });
      }
      const delivery = { ...endpoint.delivery, ...play.delivery, ...deliveryOf(chosen) };
      const { response, journal } = exchange;
      return deliverEvents(
        { response, journal, reset: () => endpoint.reset(exchange) },
        wire.headers(),
        wire.events(play.reply),
        delivery,
      );
    }
    default:
      return play satisfies never;
  }
}

/** `chunkBytes`, `delayMs` and the rest may be given to any scenario. */
function deliveryOf({ parameters }: ChosenScenario): Delivery {
  const chunkBytes = numberParameter(parameters, 'chunkBytes');
  const delayMs = numberParameter(parameters, 'delayMs');
  return {
    ...(chunkBytes === undefined || chunkBytes < 1 ? {} : { chunkBytes: Math.trunc(chunkBytes) }),
    ...(delayMs === undefined ? {} : { delayMs }),
    ...(parameters['comments'] === undefined ? {} : { comment: 'keep-alive' }),
    ...(parameters['crlf'] === undefined ? {} : { lineEnd: 'crlf' }),
    ...(parameters['bom'] === undefined ? {} : { bom: true }),
    ...(parameters['holdOpen'] === undefined ? {} : { holdOpen: true }),
  };
}

function commitFault(endpoint: ModelEndpoint, exchange: Exchange, fault: FaultName): void {
  const answer = faultAnswer(fault);
  if (answer !== undefined) return sendAnswer(exchange.response, answer, exchange.journal);
  const { socket } = exchange.incoming;
  switch (fault) {
    case 'no-answer':
      return;
    case 'reset':
      return endpoint.reset(exchange);
    default:
      // The client may hang up in the middle of what it must not read to the end.
      socket.on('error', () => socket.destroy());
      socket.end(faultBytes(fault));
  }
}
