// A test host in which one WASI call goes wrong. The query of this module's URL says which call and how:
//
//   call   name of the import; `load`: this module itself fails, before anything runs
//   path   part of a path that the call must name; without it any
//   how    throw, exit, heap (allocates until the thread is out of memory), spin (JavaScript that never ends),
//          wait (blocked in Atomics.wait), fifo (blocked in the kernel, reading from `fifo`)
//   when   `before` the call is made, or `after` it
//   once   a directory that is made by whoever goes wrong first: the others do not
import { mkdirSync, openSync, readSync } from 'node:fs';
import { pathsOf, replaceCall } from './calls.mjs';

const query = new URL(import.meta.url).searchParams;
const wanted = query.get('call');
const text = query.get('path') ?? '';
function isFirst() {
	const once = query.get('once');
	if (once === null) return true;
	try {
		mkdirSync(once);
		return true;
	} catch (error) {
		if (error.code !== 'EEXIST') throw error;
		return false;
	}
}

function goWrong() {
	switch (query.get('how')) {
		case 'throw':
			throw new TypeError('this host fails');
		case 'exit':
			process.exit(7);
			break;
		case 'heap':
			for (const kept = []; ; ) kept.push(new Array(1000).fill(kept.length));
		case 'spin':
			for (;;);
		case 'wait':
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
			break;
		case 'fifo':
			readSync(openSync(query.get('fifo'), 'r+'), Buffer.alloc(1));
			break;
		default:
			throw new Error(`the seam does not know how to ${query.get('how')}`);
	}
}

if (wanted === 'load' && isFirst()) goWrong();

export function wrapImports(imports, ring) {
	return replaceCall(imports, wanted, (call) => (...values) => {
		const names = text === '' ? [text] : pathsOf(wanted, values, ring);
		if (!names.some((name) => name.includes(text)) || !isFirst()) return call(...values);
		if (query.get('when') !== 'after') goWrong();
		const result = call(...values);
		if (query.get('when') === 'after') goWrong();
		return result;
	});
}
