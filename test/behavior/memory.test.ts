import { withoutLeaks } from './leak-check.js';
import { memoryService } from './services.js';
import { behaviors } from './suite/index.js';

withoutLeaks(() => {
	for (const behavior of behaviors) behavior(memoryService);
});
