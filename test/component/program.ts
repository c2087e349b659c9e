// The core of the behaviour suite over the component, as a program: prints one line of JSON, a `Report`, and ends.
import { runCases } from '../behavior/portable/runner.js';
import { appendBehavior } from '../behavior/suite/append.js';
import { capabilityBehavior } from '../behavior/suite/capability.js';
import { closingBehavior } from '../behavior/suite/closing.js';
import { conditionBehavior } from '../behavior/suite/conditions.js';
import { createDirectoryBehavior } from '../behavior/suite/create-directory.js';
import { deleteBehavior } from '../behavior/suite/delete.js';
import { errorBehavior } from '../behavior/suite/errors.js';
import { ifNotExistsBehavior } from '../behavior/suite/if-not-exists.js';
import { layerBehavior } from '../behavior/suite/layers.js';
import { listerBehavior } from '../behavior/suite/lister.js';
import { nameBehavior } from '../behavior/suite/names.js';
import { pathBehavior } from '../behavior/suite/paths.js';
import { readBehavior } from '../behavior/suite/read.js';
import { readerBehavior } from '../behavior/suite/reader.js';
import { statBehavior } from '../behavior/suite/stat.js';
import { transferBehavior } from '../behavior/suite/transfer.js';
import { writeBehavior } from '../behavior/suite/write.js';
import { writerBehavior } from '../behavior/suite/writer.js';
import { componentService } from './service.js';

// Left out: what is about the pool and its options, about calls that are in flight at the same time (there are none), about sizes that
// take minutes at a fraction of a millisecond per call, and about confinement, which is the WASI runtime's own here.
const core = [
	pathBehavior,
	statBehavior,
	readBehavior,
	readerBehavior,
	writeBehavior,
	appendBehavior,
	ifNotExistsBehavior,
	writerBehavior,
	createDirectoryBehavior,
	deleteBehavior,
	listerBehavior,
	transferBehavior,
	nameBehavior,
	capabilityBehavior,
	conditionBehavior,
	layerBehavior,
	errorBehavior,
	closingBehavior,
];

for (const behavior of core) behavior(componentService);
const report = await runCases({ onCase: (title) => process.stderr.write(`${title}\n`) });
process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
