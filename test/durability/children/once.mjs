// One call on a store, by one of several libraries; what became of it is the only line it tells. For faults made from outside.
import { promises as fsp, writeSync } from 'node:fs';
import { join } from 'node:path';

const [, , library, action, root, version] = process.argv;
const { contentOf } = await import('./contents.mjs');
const name = 'file';
const path = join(root, name);
const content = contentOf(name, Number(version));

async function libraries() {
	if (library === 'holdfast') {
		const { Operator } = await import('holdfast');
		const op = new Operator('fs', { root });
		return {
			replace: () => op.write(name, content),
			create: () => op.write(name, content, { ifNotExists: true }),
			append: () => op.write(name, content, { append: true }),
			condition: () => op.write(name, content, { ifMatch: '*' }),
			deep: () => op.write(`new/directory/${name}`, contentOf(name, Number(version))),
			copy: () => op.copy('source', name),
			rename: () => op.rename('source', name),
			delete: () => op.delete(name),
			end: () => op.close(),
		};
	}
	if (library === 'opendal') {
		const { Operator } = (await import('opendal')).default ?? (await import('opendal'));
		const op = new Operator('fs', { root });
		return {
			replace: () => op.write(name, content),
			create: () => op.write(name, content, { ifNotExists: true }),
			append: () => op.write(name, content, { append: true }),
			end: () => {},
		};
	}
	if (library === 'write-file-atomic') {
		const write = (await import('write-file-atomic')).default;
		return { replace: () => write(path, content), end: () => {} };
	}
	return {
		replace: () => fsp.writeFile(path, content),
		create: () => fsp.writeFile(path, content, { flag: 'wx' }),
		append: () => fsp.appendFile(path, content),
		end: () => {},
	};
}

const calls = await libraries();
if (calls[action] === undefined) {
	writeSync(1, 'absent\n');
} else {
	writeSync(1, 'begin\n');
	await calls[action]().then(
		() => writeSync(1, 'done\n'),
		(error) => writeSync(1, `failed ${error.code ?? error.message}\n`),
	);
	await calls.end();
}
