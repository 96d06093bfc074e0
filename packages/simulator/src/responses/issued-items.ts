/**
 * What the simulator has sent out and will want back unchanged: encrypted reasoning, bound to the item that it led to; ids; the
 * turn's history.
 *
 * The vendor keeps nothing under `store: false`: its encrypted content carries its own proof. Here a table stands for that proof.
 */
import { canonicalJson, isArray, isObject, stringOf, type Json, type JsonObject } from '../server/json.ts';
import { refuseParameter } from './refusals.ts';

/** Oldest first out, so that a long benchmark does not fill the memory. */
const ITEMS_MAX = 50_000;

export interface IssuedItems {
  /** Notes an item as sent; call it in the order of the stream. `responseId` ties the items of one response together. */
  add(item: JsonObject, responseId: string): void;
  /** @throws {RefusedRequest} where an encrypted content, an id or a position is not the one that was sent. */
  checkReplay(items: readonly JsonObject[]): void;
}

interface Issued {
  readonly item: JsonObject;
  readonly responseId: string;
  readonly before?: JsonObject | undefined;
  next?: JsonObject;
}

export function createIssuedItems(): IssuedItems {
  const byEncrypted = new Map<string, Issued>();
  const byId = new Map<string, Issued>();
  let last: Issued | undefined;

  const remember = (map: Map<string, Issued>, key: Json | undefined, issued: Issued): void => {
    if (typeof key !== 'string' || key === '') return;
    map.set(key, issued);
    const [oldest] = map.keys();
    if (map.size > ITEMS_MAX && oldest !== undefined) map.delete(oldest);
  };

  return {
    add(item, responseId) {
      const before = last?.responseId === responseId ? last : undefined;
      const issued: Issued = { item, responseId, before: before?.item };
      if (before !== undefined) before.next = item;
      last = issued;
      remember(byEncrypted, item['encrypted_content'], issued);
      remember(byId, item['id'], issued);
    },
    checkReplay(items) {
      items.forEach((item, at) => {
        checkKnownId(item, byId, items);
        if (item['type'] === 'reasoning') checkReasoning(item, items[at + 1], byEncrypted);
      });
    },
  };
}

function checkKnownId(item: JsonObject, byId: Map<string, Issued>, items: readonly JsonObject[]): void {
  const id = item['id'];
  if (typeof id !== 'string') return;
  if (items.filter((other) => other['id'] === id).length > 1) {
    throw refuseParameter(
      `Duplicate item found with id ${id}. Remove duplicate items from your input and try again.`,
      'input',
      null,
    );
  }
  const issued = byId.get(id);
  const thought = issued?.before;
  if (
    thought?.['type'] === 'reasoning'
    && !items.some((other) => other['type'] === 'reasoning'
    && essence(other) === essence(thought))
  ) {
    throw refuseParameter(
      `Item '${id}' of type '${stringOf(item['type'])}' was provided without its required 'reasoning' item: '${stringOf(thought['id'])}'.`,
      'input',
      null,
    );
  }
  if (issued === undefined) {
    throw refuseParameter(
      `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
      'input',
      null,
      404,
    );
  }
}

function checkReasoning(item: JsonObject, following: JsonObject | undefined, byEncrypted: Map<string, Issued>): void {
  const encrypted = item['encrypted_content'];
  if (typeof encrypted !== 'string') return;
  const issued = byEncrypted.get(encrypted);
  if (issued === undefined) {
    throw refuseParameter(
      `The encrypted content ${encrypted.slice(0, 8)}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
      null,
      'invalid_encrypted_content',
    );
  }
  if (canonicalJson(item['summary']) !== canonicalJson(issued.item['summary'])) {
    throw refuseParameter(
      `The encrypted content ${encrypted.slice(0, 8)}... could not be verified. Reason: Encrypted content item summary did not match the target item summary.`,
      null,
      'invalid_encrypted_content',
    );
  }
  const { next } = issued;
  if (next !== undefined && !isSameItem(following, next)) {
    const id = stringOf(issued.item['id']);
    throw refuseParameter(`Item '${id}' of type 'reasoning' was provided without its required following item.`, 'input', null);
  }
}

/** Equal in what the model wrote; ids and states may be left out in the replay. */
export function isSameItem(replayed: JsonObject | undefined, sent: JsonObject): boolean {
  return replayed !== undefined && essence(replayed) === essence(sent);
}

export function essence(item: JsonObject): string {
  switch (item['type'] ?? 'message') {
    case 'message':
      return canonicalJson({ role: item['role'], content: toTexts(item['content']), phase: item['phase'] });
    case 'reasoning':
      return canonicalJson({ type: 'reasoning', encrypted: item['encrypted_content'], summary: item['summary'] });
    default: {
      const { id: _id, status: _status, ...rest } = item;
      return canonicalJson(rest);
    }
  }
}

function toTexts(content: Json | undefined): Json {
  if (!isArray(content)) return content ?? null;
  return content.map((part) => (isObject(part) ? { type: part['type'], text: part['text'] ?? part['refusal'], image: part['image_url'] } : part));
}
