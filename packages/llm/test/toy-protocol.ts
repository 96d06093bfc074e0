/** The smallest protocol: `{"text":"…"}` events, then `{"end":true}`; `{"fail":true}` is an error that may be repeated. */
import { createWireDecoder, type Protocol, ProviderError, noUsage, type WireReducer } from '@sx/llm';

export const toyProtocol: Protocol = {
  id: 'toy',
  toBody: (request) => ({ model: request.model, effort: request.effort, text: request.system }),
  warnings: (request) => (request.maxOutputTokens === undefined ? [] : ['no limit here']),
  createDecoder: () => createWireDecoder(reducer()),
  toError: ({ status, text }) => new ProviderError('PROVIDER_SERVER', `toy: ${text}`, { status, retryable: status >= 500 }),
  headEvents: (fields) => (fields.some(([name]) => name === 'x-other') ? [{ type: 'warning', message: 'other model' }] : []),
};

function reducer(): WireReducer {
  let state: 'before' | 'started' | 'open' = 'before';
  return {
    push(event, emit) {
      if (state === 'before') emit({ type: 'response-start', responseId: 'r' });
      if (state === 'before') state = 'started';
      if (event['fail'] === true) throw new ProviderError('PROVIDER_OVERLOADED', 'busy', { retryable: true });
      if (typeof event['text'] === 'string') {
        if (state === 'started') emit({ type: 'text-start', id: 't' });
        state = 'open';
        emit({ type: 'text-delta', id: 't', text: event['text'] });
      }
      if (event['end'] !== true) return false;
      if (state === 'open') emit({ type: 'text-end', id: 't' });
      emit({ type: 'finish', reason: 'end', usage: noUsage, raw: [] });
      return true;
    },
    end() {
      throw new ProviderError('PROVIDER_TRUNCATED_STREAM', 'cut', { retryable: true });
    },
  };
}

export const data = (...events: object[]): string => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
