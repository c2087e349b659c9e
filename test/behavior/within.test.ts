import { fsWithinService } from './services.js';
import { appendBehavior } from './suite/append.js';
import { conditionBehavior } from './suite/conditions.js';
import { createDirectoryBehavior } from './suite/create-directory.js';
import { deleteBehavior } from './suite/delete.js';
import { listBehavior } from './suite/list.js';
import { pathBehavior } from './suite/paths.js';
import { readBehavior } from './suite/read.js';
import { statBehavior } from './suite/stat.js';
import { symlinkBehavior } from './suite/symlinks.js';
import { transferBehavior } from './suite/transfer.js';
import { writeBehavior } from './suite/write.js';
import { writerBehavior } from './suite/writer.js';

// Every request that names a path takes another way where symlinks are followed: what each operation means must not change by that.
const behaviors = [
	symlinkBehavior,
	pathBehavior,
	statBehavior,
	readBehavior,
	writeBehavior,
	appendBehavior,
	writerBehavior,
	createDirectoryBehavior,
	deleteBehavior,
	listBehavior,
	transferBehavior,
	conditionBehavior,
];
for (const behavior of behaviors) behavior(fsWithinService);
