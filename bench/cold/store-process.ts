// A DynamoDB in a process of its own, so that what it does is no part of what is measured.
import { openTestDynamodb } from '../../test/support/dynalite.ts';

const server = await openTestDynamodb();
process.once('disconnect', () => void server.close().then(() => process.exit(0)));
process.send?.({ endpoint: server.endpoint });
