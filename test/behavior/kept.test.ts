import { release } from 'node:os';
import { Operator } from 'holdfast';
import { describe, test } from 'vitest';
import { openStore } from '#host/services/index';
import type { ServiceUnderTest } from './service.js';
import { fsService, openFs } from './services.js';
import { behaviors } from './suite/index.js';

// The same suite where every directory counts as unchanged for long: whatever is asked for again comes from files that stayed open, and
// must be what is there now all the same. It takes a kernel that never gives two changes the same time.
const [major, minor] = release().split('.').map(Number);
const tellsChangesApart = major > 6 || (major === 6 && minor >= 13);
const internals = { seam: new URL('../seams/old.mjs', import.meta.url).href };

const kept: ServiceUnderTest = {
	...fsService,
	name: 'fs over files that stay open',
	open: (options) =>
		openFs(
			(root) => {
				const { durability, ...rest } = options ?? {};
				return Operator.fromStore(openStore('fs', { root, ...rest }, internals));
			},
			options === undefined ? 'fs' : undefined,
		),
};

if (tellsChangesApart) for (const behavior of behaviors) behavior(kept);
else describe('fs over files that stay open', () => test.skip(`needs Linux 6.13, this is ${release()}`, () => {}));
