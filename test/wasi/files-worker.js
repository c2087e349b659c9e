// A thread of its own over the same table: opens what lies deep, says so, and ends as it is told to.
import { parentPort, workerData } from 'node:worker_threads';
import { DescriptorTable } from '#host/wasi/descriptor-table';
import { FileStat } from '#host/wasi/files';
import { openFiles } from '#host/wasi/node-files';

const { table: buffer, epoch, root, owner, paths } = workerData;
const table = new DescriptorTable(buffer, 1, 2);
table.owner = owner;
const files = openFiles({ table, epoch, shared: undefined });
files.batch();
for (const path of paths) files.statPath(root, path, new FileStat());
parentPort.postMessage('ready');
parentPort.once('message', () => {});
