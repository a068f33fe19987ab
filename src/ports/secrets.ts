/** New secrets. */
export interface Secrets {
  /** A random secret to sign webhooks with: `whsec_` and the base64 of 32 bytes. */
  next(): string;
}
