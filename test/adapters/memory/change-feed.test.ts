import { memoryChangeFeed } from '../../../src/adapters/memory/change-feed.ts';
import { memoryClock } from '../../../src/adapters/memory/clock.ts';
import { changeFeedContract } from '../../contracts/ports.ts';

changeFeedContract('memory', () => ({ port: memoryChangeFeed({ clock: memoryClock(), capacity: 50 }) }));
