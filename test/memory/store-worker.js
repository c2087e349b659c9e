// Runs one of the jobs below in a worker thread, on a store that others use at the same time.
import { parentPort, workerData } from 'node:worker_threads';
import { ERRNO_EXIST, ERRNO_NOENT, OFLAGS_CREAT, OFLAGS_TRUNC } from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { Access } from '#host/wasi/files';
import { openFiles } from '#host/wasi/memory-files';

const { share, partition, owner, job, rounds, seed } = workerData;
const { root } = share;
const table = new DescriptorTable(share.table, partition, share.partitions);
table.owner = owner;
const files = openFiles({ table, shared: share.shared, epoch: new Int32Array(share.epoch) });

let state = seed;
function random(below) {
	state = (Math.imul(state, 1664525) + 1013904223) | 0;
	return (state >>> 8) % below;
}

function check(condition, message) {
	if (!condition) throw new Error(`${message} (job ${job}, seed ${seed})`);
}

/** A file whose every byte is the same and whose length tells which one. */
function uniform(value, length) {
	return new Uint8Array(length).fill(value);
}

function put(path, bytes) {
	const fd = files.open(root, path, OFLAGS_CREAT | OFLAGS_TRUNC, Access.write);
	check(fd >= 0, `open ${path} gave ${fd}`);
	check(files.write(fd, bytes, 0) === bytes.length, `short write to ${path}`);
	check(files.close(fd) === 0, `close of ${path}`);
}

function replaceShared() {
	const value = random(200);
	const temporary = `temporary-${partition}`;
	put(temporary, uniform(value, 1 + value * 40));
	check(files.rename(root, temporary, root, `shared-${random(8)}`) === 0, 'rename');
}

function readShared() {
	const fd = files.open(root, `shared-${random(8)}`, 0, Access.read);
	if (fd === -ERRNO_NOENT) return;
	check(fd >= 0, `open gave ${fd}`);
	const size = files.size(fd);
	const bytes = new Uint8Array(size);
	check(files.read(fd, bytes, 0) === size, 'short read');
	check(size === 1 + bytes[0] * 40 && bytes.every((byte) => byte === bytes[0]), `torn file of ${size} bytes`);
	check(files.close(fd) === 0, 'close');
}

function useOwnDirectory(round) {
	const path = `directory-${partition}`;
	check(files.createDirectory(root, path) === 0, 'createDirectory');
	for (let index = 0; index < 5; index++) put(`${path}/${round}-${index}`, uniform(index, random(20_000)));
	let count = 0;
	const fd = files.open(root, path, 0, Access.read);
	files.readDirectory(fd, 0, (name) => {
		check(files.unlink(root, `${path}/${name}`) === 0, 'unlink');
		return ++count > 0;
	});
	files.close(fd);
	check(count === 5, `${count} entries for 5`);
	check(files.removeDirectory(root, path) === 0, 'removeDirectory');
}

function appendRecord() {
	const fd = files.open(root, 'log', OFLAGS_CREAT, Access.append);
	check(files.append(fd, uniform(65 + partition, 37)) === 37, 'append');
	files.close(fd);
}

function hammer() {
	let won = 0;
	for (let round = 0; round < rounds; round++) {
		replaceShared();
		readShared();
		if (round % 4 === 0) useOwnDirectory(round);
		if (round % 2 === 0) appendRecord();
		put(`temporary-${partition}`, uniform(partition, 10));
		const linked = files.link(root, `temporary-${partition}`, root, `prize-${round}`);
		check(linked === 0 || linked === -ERRNO_EXIST, `link gave ${linked}`);
		if (linked === 0) won++;
		check(files.unlink(root, `temporary-${partition}`) === 0, 'unlink');
	}
	return won;
}

/** Writes, replaces, moves and removes files and directories of all shapes until the thread is terminated. */
function writeForever() {
	const temporary = `victim-temporary-${partition}`;
	parentPort.postMessage('started');
	for (;;) {
		const value = random(200);
		// Lengths from nothing to several megabytes, small ones more often.
		put(temporary, uniform(value, 1 + value + (value << random(15))));
		files.rename(root, temporary, root, `victim-${random(10)}`);
		if (random(4) === 0) files.unlink(root, `victim-${random(10)}`);
		const directory = () => `victim-directory-${random(5)}`;
		files.createDirectory(root, directory());
		files.rename(root, directory(), root, `${directory()}/inside`);
		files.removeDirectory(root, `${directory()}/inside`);
		files.removeDirectory(root, directory());
	}
}

const result = job === 'hammer' ? hammer() : writeForever();
parentPort.postMessage(result);
