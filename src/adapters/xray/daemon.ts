import { createSocket } from 'node:dgram';

const ignore = (): void => undefined;

/**
 * Sends messages to the X-Ray daemon at `host:port`, or at what follows `udp:`. What does not arrive is lost, as with
 * every tracing. Undefined for an address that is none.
 */
export const xrayDaemon = (address: string): ((message: string) => void) | undefined => {
  const [, host, port] = /^(?:.*\budp:)?([^:\s]+):(\d+)$/.exec(address) ?? [];
  if (host === undefined) return undefined;
  const socket = createSocket('udp4').unref();
  socket.on('error', ignore);
  return (message) => socket.send(message, Number(port), host, ignore);
};
