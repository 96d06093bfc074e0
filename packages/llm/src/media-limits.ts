/**
 * Images and documents against what a vendor takes, before anything is sent.
 *
 * In: the conversation, what the model can read, the limits. Out: the conversation as it may go out. What is wrong with the
 * user's own prompt is an error that says what, where, got and limit. What is wrong with anything else (a tool's picture, a
 * document from before the model was changed) becomes a line of text in its place, which the model reads: a conversation
 * must not die of it. Where there is too much in sum the oldest goes first, many at a time, so that the beginning of the
 * request, which caches live on, changes rarely.
 *
 * Sizes are of base64, as it goes over the wire. A declared type that the bytes contradict is put right.
 */
import { Buffer } from 'node:buffer';

import { type MediaFacts, readMediaFacts } from './media-facts.ts';
import type { MediaPart, Message, UserPart } from './message.ts';
import type { ModelCapabilities } from './protocol.ts';
import { ProviderError } from './provider-error.ts';

/** Absent: no limit is known. */
export interface MediaLimits {
  /** Default: PNG, JPEG, GIF, WebP. */
  readonly imageTypes?: readonly string[];
  /** Of one image, as base64. */
  readonly imageBytesMax?: number;
  /** Width and height. */
  readonly imageSidePixelsMax?: number;
  /** The same in requests with more than so many images. */
  readonly manyImages?: { readonly above: number; readonly sidePixelsMax: number };
  /** Of one request. */
  readonly imagesMax?: number;
  /** Of one document, as base64. */
  readonly documentBytesMax?: number;
  readonly documentPagesMax?: number;
  /** Images and documents of one request, as base64. */
  readonly requestBytesMax?: number;
}

export interface FittedMedia {
  readonly messages: readonly Message[];
  /** What was left out since the model last spoke, a line for each. */
  readonly warnings: readonly string[];
}

/** @throws {ProviderError} `PROVIDER_MEDIA_REFUSED` for what the last user message holds. */
export function fitMedia(messages: readonly Message[], capabilities: ModelCapabilities, limits: MediaLimits): FittedMedia {
  const places = placesOf(messages);
  if (places.length === 0) return { messages, warnings: [] };
  const leftOut = new Map<MediaPart, string>();
  const kept = (): Place[] => places.filter(({ part }) => !leftOut.has(part));
  const check = (place: Place, fault: string | undefined): void => {
    if (fault === undefined) return;
    if (place.inPrompt) throw refused(nameOf(place.part), fault);
    leftOut.set(place.part, fault);
  };
  for (const place of places) check(place, faultOf(place, capabilities, limits));
  const { manyImages } = limits;
  if (manyImages !== undefined && kept().filter(isImage).length > manyImages.above) {
    const which = `in a request with more than ${manyImages.above} images`;
    for (const place of kept().filter(isImage)) check(place, sideFault(place.facts, manyImages.sidePixelsMax, which));
  }
  dropOldest(kept().filter(isImage), leftOut, limits.imagesMax, () => 1, 'images');
  dropOldest(kept(), leftOut, limits.requestBytesMax, ({ part }) => part.data.length, 'bytes of images and documents (base64)');
  return { messages: messages.map((message) => replace(message, leftOut)), warnings: warningsOf(messages, places, leftOut) };
}

interface Place {
  readonly part: MediaPart;
  readonly facts: MediaFacts | undefined;
  readonly inPrompt: boolean;
  /** Index of its message. */
  readonly at: number;
}

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

function placesOf(messages: readonly Message[]): Place[] {
  const prompt = messages.findLastIndex(({ role }) => role === 'user');
  return messages.flatMap((message, at) => mediaOf(message).map((part) => ({ part, facts: factsOf(part), inPrompt: at === prompt, at })));
}

function mediaOf(message: Message): MediaPart[] {
  switch (message.role) {
    case 'assistant':
      return [];
    case 'user':
      return message.content.filter((part) => part.type === 'media');
    case 'tool':
      return message.content.flatMap(({ content }) => content.filter((part) => part.type === 'media'));
    default:
      return message satisfies never;
  }
}

/** A conversation is sent again with every turn; its pictures are looked at once. */
const known = new WeakMap<MediaPart, { readonly facts: MediaFacts | undefined }>();

function factsOf(part: MediaPart): MediaFacts | undefined {
  const found = known.get(part) ?? { facts: readMediaFacts(Buffer.from(part.data, 'base64')) };
  known.set(part, found);
  return found.facts;
}

function typeOf({ part, facts }: Place): string {
  return facts?.mediaType ?? part.mediaType;
}

function isImage(place: Place): boolean {
  return typeOf(place).startsWith('image/');
}

function faultOf(place: Place, capabilities: ModelCapabilities, limits: MediaLimits): string | undefined {
  const type = typeOf(place);
  const { part, facts } = place;
  if (isImage(place)) {
    // What is not the prompt's is left to the replay, which says the same in its place.
    if (capabilities.imageInput === false) return place.inPrompt ? 'this model reads no images' : undefined;
    const types = limits.imageTypes ?? PICTURES;
    if (PICTURES.includes(type) && !types.includes(type)) return `it is ${type}; taken are ${types.join(', ')}`;
    return sizeFault(part, limits.imageBytesMax) ?? sideFault(facts, limits.imageSidePixelsMax, 'here');
  }
  if (capabilities.documentInput === false) return place.inPrompt ? 'this model reads no documents' : undefined;
  const pages = facts?.pages ?? 0;
  const pagesMax = limits.documentPagesMax ?? Infinity;
  return sizeFault(part, limits.documentBytesMax) ?? (pages > pagesMax ? `it has ${count(pages)} pages, the limit is ${count(pagesMax)}` : undefined);
}

function sizeFault({ data }: MediaPart, bytesMax = Infinity): string | undefined {
  return data.length > bytesMax ? `it has ${count(data.length)} bytes as base64, the limit is ${count(bytesMax)}` : undefined;
}

function sideFault(facts: MediaFacts | undefined, pixelsMax = Infinity, where = 'here'): string | undefined {
  const { widthPixels = 0, heightPixels = 0 } = facts ?? {};
  if (Math.max(widthPixels, heightPixels) <= pixelsMax) return undefined;
  return `it has ${count(widthPixels)} × ${count(heightPixels)} pixels, the limit ${where} is ${count(pixelsMax)} a side`;
}

function dropOldest(places: readonly Place[], leftOut: Map<MediaPart, string>, max = Infinity, weigh: (place: Place) => number, unit = ''): void {
  const sum = (list: readonly Place[]): number => list.reduce((total, place) => total + weigh(place), 0);
  const total = sum(places);
  if (total <= max) return;
  const inPrompt = sum(places.filter((place) => place.inPrompt));
  if (inPrompt > max) throw refused('the prompt', `it has ${count(inPrompt)} ${unit}, the limit of a request is ${count(max)}`);
  // Down to a whole number of half limits, so that the next picture does not shift everything again.
  const step = max / 2;
  let excess = Math.min(Math.ceil((total - max) / step) * step, total - inPrompt);
  for (const place of places.filter(({ inPrompt: own }) => !own)) {
    if (excess <= 0) return;
    leftOut.set(place.part, `a request takes at most ${count(max)} ${unit}, and this is among the oldest`);
    excess -= weigh(place);
  }
}

function replace(message: Message, leftOut: ReadonlyMap<MediaPart, string>): Message {
  if (message.role === 'assistant' || mediaOf(message).length === 0) return message;
  const swap = (part: UserPart): UserPart => {
    if (part.type === 'text') return part;
    const fault = leftOut.get(part);
    if (fault !== undefined) return { type: 'text', text: `[${nameOf(part)} left out: ${fault}]` };
    const mediaType = factsOf(part)?.mediaType ?? part.mediaType;
    return mediaType === part.mediaType ? part : { ...part, mediaType };
  };
  if (message.role === 'user') return { ...message, content: message.content.map(swap) };
  return { ...message, content: message.content.map((result) => ({ ...result, content: result.content.map(swap) })) };
}

function warningsOf(messages: readonly Message[], places: readonly Place[], leftOut: ReadonlyMap<MediaPart, string>): string[] {
  const spoken = messages.findLastIndex(({ role }) => role === 'assistant');
  return places.flatMap(({ part, at }) => {
    const fault = leftOut.get(part);
    return fault === undefined || at < spoken ? [] : [`${nameOf(part)} left out: ${fault}`];
  });
}

function nameOf({ mediaType, filename }: MediaPart): string {
  const kind = mediaType.startsWith('image/') ? 'image' : 'document';
  return filename === undefined ? kind : `${kind} ${filename}`;
}

function refused(name: string, fault: string): ProviderError {
  return new ProviderError('PROVIDER_MEDIA_REFUSED', `${name} cannot be sent: ${fault}`);
}

function count(value: number): string {
  return value.toLocaleString('en');
}
