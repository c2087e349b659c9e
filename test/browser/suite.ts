import { Operator } from 'holdfast';
import { openPrivateFiles, sharesMemory } from 'holdfast/browser';
import { runBehavior } from '../behavior/portable/behavior.js';
import type { Report } from '../behavior/portable/runner.js';
import type { Opened, ServiceUnderTest } from '../behavior/service.js';
import { lacksNode, PLATFORM_LACKS } from '../edge/lacks.js';

// The behaviour suite in a page, over the origin private file system. The page gets these functions as globals.

console.debug = () => undefined;
globalThis.setImmediate ??= ((turn: () => void) => setTimeout(turn, 0)) as unknown as typeof setImmediate;

let opened = 0;

async function open(options = {}): Promise<Opened> {
	const name = `case-${++opened}`;
	const op: Operator = await openPrivateFiles({ name, ...options });
	return {
		op,
		root: null,
		outside: null,
		again: null,
		async dispose() {
			await op.close();
			const stores = await (await navigator.storage.getDirectory()).getDirectoryHandle('holdfast');
			await stores.removeEntry(name, { recursive: true });
		},
	};
}

const privateFiles: ServiceUnderTest = { name: 'private files', open, openUri: () => open() };

/** A page's thread must not wait; everything else that can be missing is Node's. */
function lacks(error: unknown): string | undefined {
	const message = error instanceof Error ? error.message : '';
	const isBlocking = message.includes('a page cannot wait') || message.includes('this platform cannot wait within');
	if (isBlocking) return `${PLATFORM_LACKS} blocking calls`;
	return lacksNode(error);
}

Object.assign(globalThis, {
	openPrivateFiles,
	sharesMemory,
	Operator,
	runSuite: (only?: string): Promise<Report> => runBehavior([privateFiles], { only, lacks }),
});
