// Run with a low limit of descriptors: prints how many deep files could be opened, and what is said when none is left.
import { closeSync, openSync, readdirSync } from 'node:fs';
import { FILETYPE_DIRECTORY } from '#assembly/layout';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { Access, FileStat } from '#host/wasi/files';
import { openFiles } from '#host/wasi/node-files';

const path = process.argv[2];
const table = new DescriptorTable(new ArrayBuffer(DescriptorTable.bytes(4096)), 0, 1);
const files = openFiles({ table, epoch: new Int32Array(1), shared: undefined });
const root = table.insert(openSync(path, 'r'), FILETYPE_DIRECTORY);
files.batch();
const names = readdirSync(path);
const walk = () => names.filter((name) => files.statPath(root, `${name}/deep/x/file`, new FileStat()) === 0).length;
const cached = walk();
const open = [];
for (let fd = 0; fd >= 0; open.push(fd))
	fd = files.open(root, `${names[open.length % names.length]}/deep/x/file`, 0, Access.read);
const whenFull = open.pop();
// An opening takes two for a moment, so one may be left: others take it.
const others = [];
try {
	for (;;) others.push(openSync('/dev/null'));
} catch (error) {
	if (error.code !== 'EMFILE') throw error;
}
const statWhenFull = files.statPath(root, `${names[0]}/deep/x/file`, new FileStat());
for (const fd of open) files.close(fd);
for (const resource of others) closeSync(resource);
console.log(JSON.stringify({ cached, opened: open.length, whenFull, statWhenFull, afterwards: walk() }));
