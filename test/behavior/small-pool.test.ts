import { smallPoolService } from './services.js';
import { behaviors } from './suite/index.js';

for (const behavior of behaviors) behavior(smallPoolService);
