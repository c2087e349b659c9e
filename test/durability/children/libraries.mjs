import { promises as fsp } from 'node:fs';
import { join } from 'node:path';

// The same calls by each of the libraries that the table of faults compares. A library that has no such call has none here.

/** A writer whose first flush fails is asked again in every way; fails as it did unless something else came of it. */
async function poison(op, content) {
	const writer = await op.writer('file');
	await writer.write(content);
	const first = await writer.flush().then(
		() => undefined,
		(error) => error,
	);
	const again = [writer.flush(), writer.write('more'), writer.close()].map((call) => call.catch(({ code }) => code));
	const codes = (await Promise.all(again)).join();
	if (codes !== 'Closed,Closed,Closed') throw new Error(`it went on: ${codes}`);
	if (first !== undefined) throw first;
}

/** Calls on `file` in a root, by a library of that name; `end` lets go of whatever it holds. */
export async function libraryCalls(library, root) {
	switch (library) {
		case 'holdfast': {
			const { Operator } = await import('holdfast');
			const op = new Operator('fs', { root });
			return {
				replace: (content) => op.write('file', content),
				create: (content) => op.write('file', content, { ifNotExists: true }),
				append: (content) => op.write('file', content, { append: true }),
				condition: (content) => op.write('file', content, { ifMatch: '*' }),
				deep: (content) => op.write('new/directory/file', content),
				copy: () => op.copy('source', 'file'),
				rename: () => op.rename('source', 'file'),
				delete: () => op.delete('file'),
				poison: (content) => poison(op, content),
				warm: () => op.write('warm', 'warm'),
				end: () => op.close(),
			};
		}
		case 'opendal': {
			const { Operator } = await import('opendal');
			const op = new Operator('fs', { root });
			return {
				replace: (content) => op.write('file', content),
				create: (content) => op.write('file', content, { ifNotExists: true }),
				append: (content) => op.write('file', content, { append: true }),
				warm: () => op.write('warm', 'warm'),
				end: () => {},
			};
		}
		case 'write-file-atomic': {
			const { default: write } = await import('write-file-atomic');
			return {
				replace: (content) => write(join(root, 'file'), content),
				warm: () => write(join(root, 'warm'), 'warm'),
				end: () => {},
			};
		}
		default: {
			const path = join(root, 'file');
			return {
				replace: (content) => fsp.writeFile(path, content),
				create: (content) => fsp.writeFile(path, content, { flag: 'wx' }),
				append: (content) => fsp.appendFile(path, content),
				warm: () => fsp.writeFile(join(root, 'warm'), 'warm'),
				end: () => {},
			};
		}
	}
}
