import { defineConfig } from 'vitest/config';

// What `npm run test:runtimes` runs beside the whole suite on each version of Node.
export default defineConfig({
	test: { include: ['test/runtimes/**/*.spec.ts'], pool: 'forks', maxWorkers: 1, hookTimeout: 60_000 },
});
