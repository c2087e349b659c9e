// The table of runtimes in the README. `update` takes the findings that test runs left in build/runtimes/ into docs/runtimes.json and writes
// the table; `check` fails when the README has another table than docs/runtimes.json says.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { renderTable, replaceTable } from './render-table.js';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const FINDINGS = 'build/runtimes';
const KEPT = 'docs/runtimes.json';
const README = 'README.md';
const ORDER = ['Node', 'Deno', 'Bun', 'workerd', 'Chromium'];

const kept = JSON.parse(readFileSync(KEPT, 'utf8'));
if (process.argv[2] === 'update') {
	const files = existsSync(FINDINGS) ? readdirSync(FINDINGS).filter((name) => name.endsWith('.json')) : [];
	for (const name of files) {
		const found = JSON.parse(readFileSync(`${FINDINGS}/${name}`, 'utf8'));
		const index = kept.findIndex(({ runtime }) => runtime === found.runtime);
		if (index < 0) kept.push(found);
		else kept[index] = found;
	}
	kept.sort(
		(a, b) =>
			ORDER.indexOf(a.runtime.split(' ')[0]) - ORDER.indexOf(b.runtime.split(' ')[0]) ||
			(a.runtime < b.runtime ? -1 : 1),
	);
	writeFileSync(KEPT, `${JSON.stringify(kept, null, '\t')}\n`);
	writeFileSync(README, replaceTable(readFileSync(README, 'utf8'), renderTable(kept)));
} else if (replaceTable(readFileSync(README, 'utf8'), renderTable(kept)) !== readFileSync(README, 'utf8')) {
	console.error(
		'the table of runtimes in the README is not that of docs/runtimes.json: npm run test:runtimes -- --update',
	);
	process.exit(1);
}
