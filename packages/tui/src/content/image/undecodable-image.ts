/** Why an image was not decoded. It is shown by name and size then, and nobody reads more than the reason. */
export class UndecodableImage extends Error {
  readonly reason: 'cut' | 'corrupt' | 'unsupported' | 'too-large';

  constructor(reason: UndecodableImage['reason']) {
    super(`image: ${reason}`);
    this.name = 'UndecodableImage';
    this.reason = reason;
  }
}
