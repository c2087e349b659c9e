import { defineConfig } from 'vitest/config';

export default defineConfig({
	test: {
		include: ['test/**/*.test.ts'],
		// Tests start worker threads of their own: a process per file keeps their descriptors and exits apart.
		pool: 'forks',
		maxWorkers: 2,
		// What is waited for may take this long on a machine that is busy with other work: longer than the rest that a store has between two
		// sweeps. Nothing that passes takes any longer by it.
		expect: { poll: { timeout: 90_000, interval: 20 } },
		testTimeout: 180_000,
		hookTimeout: 180_000,
	},
});
