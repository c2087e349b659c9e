import { Operator } from 'holdfast';
import { openStore } from '#host/services/index';
import { withoutLeaks } from './leak-check.js';
import type { ServiceUnderTest } from './service.js';
import { fsService, memoryService, openFs, openMemory } from './services.js';
import { behaviors } from './suite/index.js';
import { symlinkBehavior } from './suite/symlinks.js';

// The same suite over a host that answers AGAIN at every call: each step of each request is parked once and repeated. A step
// that is not repeated with the same arguments traps the instance.
const internals = { seam: new URL('../seams/again.mjs', import.meta.url).href };
const open = (scheme: string, options: Record<string, unknown>) => {
	const { durability, ...rest } = options;
	return Operator.fromStore(openStore(scheme, rest, internals));
};

const fsAgain: ServiceUnderTest = {
	...fsService,
	name: 'fs over a host that answers AGAIN',
	open: (options) => openFs((root) => open('fs', { root, ...options }), options === undefined ? 'fs' : undefined),
};

const memoryAgain: ServiceUnderTest = {
	...memoryService,
	name: 'memory over a host that answers AGAIN',
	open: (options) => openMemory(() => open('memory', options ?? {}), options === undefined ? 'memory' : undefined),
};

const fsWithinAgain: ServiceUnderTest = {
	...fsAgain,
	name: 'fs with symlinks within over a host that answers AGAIN',
	open: (options) => openFs((root) => open('fs', { root, symlinks: 'within', ...options })),
};

withoutLeaks(() => {
	symlinkBehavior(fsWithinAgain);
	for (const behavior of behaviors) {
		behavior(fsAgain);
		behavior(memoryAgain);
	}
});
