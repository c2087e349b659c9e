import { withoutLeaks } from './leak-check.js';
import { fsWithinService } from './services.js';
import { appendBehavior } from './suite/append.js';
import { createDirectoryBehavior } from './suite/create-directory.js';
import { deleteBehavior } from './suite/delete.js';
import { pathBehavior } from './suite/paths.js';
import { symlinkBehavior } from './suite/symlinks.js';
import { transferBehavior } from './suite/transfer.js';
import { writeBehavior } from './suite/write.js';
import { writerBehavior } from './suite/writer.js';

// Every request that names a path takes another way where symlinks are followed: what those mean that
// change something must not change by that.
const behaviors = [
	symlinkBehavior,
	pathBehavior,
	writeBehavior,
	appendBehavior,
	writerBehavior,
	createDirectoryBehavior,
	deleteBehavior,
	transferBehavior,
];
withoutLeaks(() => {
	for (const behavior of behaviors) behavior(fsWithinService);
});
