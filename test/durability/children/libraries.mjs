import { promises as fsp } from 'node:fs';
import { join } from 'node:path';

// The same calls by each of the libraries that the table of faults compares. A library that has no such call has none here.

/** Two instances, each with as many threads for its fsyncs as it gets. */
const MANY = 64;

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

/** Many writes at once: tells how many of them failed, if whatever was acknowledged is there, and nothing but the whole of the others. */
async function many(op, content) {
	const names = Array.from({ length: MANY }, (_, index) => `many/${index}`);
	const ends = await Promise.allSettled(names.map((name) => op.write(name, content)));
	for (const [index, name] of names.entries()) {
		const isThere = await op.read(name).then(
			(found) => found.equals(content),
			() => undefined,
		);
		if (isThere === false) throw new Error(`${name} is torn`);
		if (!isThere && ends[index].status === 'fulfilled') throw new Error(`${name} was acknowledged and is not there`);
	}
	const failed = ends.flatMap(({ reason }) => reason ?? []);
	if (failed.length > 0) throw new Error(`${failed.length} ${[...new Set(failed.map(({ code }) => code))]}`);
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
				many: (content) => many(op, content),
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
