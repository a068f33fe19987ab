/** New secrets. */
export interface Secrets {
  /** A random secret to sign webhooks or links with: `whsec_` and the base64 of 32 bytes. */
  next(): string;
  /** A random API key, and its SHA-256 in hexadecimal: `miyabi_` and the base64url of 32 bytes. */
  nextKey(): Readonly<{ key: string; hash: string }>;
}
