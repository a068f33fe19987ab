/** New secrets. */
export interface Secrets {
  /** A secret to sign webhooks with that nobody can guess: `whsec_` and the base64 of 32 bytes. */
  next(): string;
}
