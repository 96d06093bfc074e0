/**
 * The forms in which one secret appears in text: as is, as octets, and in the encodings that heads, forms and JSON use.
 *
 * Base64 of a longer text contains a secret in one of three forms, depending on how many bytes stand before it: so the
 * password is found within Basic credentials, whoever the user is.
 */

/** Values under this length cannot be told from other text. */
export const SECRET_CHARS_MIN = 4;

export function formsOf(value: string): string[] {
  // How a stream of bytes shows it, one character a byte.
  const bytes = PLAIN.test(value) ? value : String.fromCharCode(...new TextEncoder().encode(value));
  const quoted = JSON.stringify(value).slice(1, -1);
  // Tokens are plain for the most part, and long.
  const percent = PLAIN.test(value) ? value : Array.from(bytes, percentEncoded).join('');
  const encoded = safely(() => encodeURIComponent(value));
  const forms = [
    value,
    bytes,
    quoted,
    quoted.replaceAll('/', '\\/'),
    JSON.stringify(quoted).slice(1, -1),
    percent,
    percent.replace(/%../g, (triplet) => triplet.toLowerCase()),
    encoded ?? value,
    (encoded ?? value).replaceAll('%20', '+'),
  ];
  for (const offset of [0, 1, 2]) {
    const base64 = base64At(bytes, offset);
    // Shorter ones would hide text that has nothing to do with the secret.
    if (base64.length >= SECRET_CHARS_MIN) forms.push(base64, base64.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return forms;
}

/** RFC 3986, unreserved: nothing but base64 changes these. */
const PLAIN = /^[A-Za-z0-9\-._~]*$/;

function percentEncoded(character: string): string {
  return PLAIN.test(character) ? character : `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** The characters of base64 that depend on `bytes` alone when `offset` other bytes stand before. */
function base64At(bytes: string, offset: number): string {
  const shifted = '\0'.repeat(offset) + bytes;
  const whole = btoa(shifted).replaceAll('=', '');
  const first = Math.ceil((offset * 8) / 6);
  const last = Math.floor((shifted.length * 8) / 6);
  return whole.slice(first, last);
}

function safely<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    // A lone surrogate has no percent-encoding.
    return undefined;
  }
}
