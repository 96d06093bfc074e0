/** Why an image was not decoded. It is shown by name and size then; nobody but a test reads more than that. */
export class UndecodableImage extends Error {
  readonly reason: 'cut' | 'corrupt' | 'unsupported' | 'too-large';

  constructor(reason: UndecodableImage['reason'], message: string) {
    super(message);
    this.name = 'UndecodableImage';
    this.reason = reason;
  }
}
