// A DynamoDB in a process of its own, so that what it does is no part of what is measured.
import { openEmbeddedDynamodb } from '../../src/adapters/dynalite/embedded.ts';

const server = await openEmbeddedDynamodb();
process.once('disconnect', () => void server.close().then(() => process.exit(0)));
process.send?.({ endpoint: server.endpoint });
