import { withoutLeaks } from './leak-check.js';
import { smallPoolService } from './services.js';
import { behaviors } from './suite/index.js';

withoutLeaks(() => {
	for (const behavior of behaviors) behavior(smallPoolService);
});
