// Loaded into a program before it begins (`--import`): what it reads of a file a second time waits as long as there is a hold. The main job
// reads every file of its tree first to know it, and then to store it: so it stands still in the middle.
import fs, { existsSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout } from 'node:timers/promises';

const { HOLDFAST_HELD: held, HOLDFAST_HOLD: hold } = process.env;
const LOOK_AGAIN_MS = 1;
const { readFile } = fs.promises;
let times = 0;

fs.promises.readFile = async (path, options) => {
	if (path === held && times++ > 0)
		while (existsSync(hold)) await setTimeout(LOOK_AGAIN_MS, undefined, { signal: options?.signal });
	return await readFile(path, options);
};
syncBuiltinESMExports();
