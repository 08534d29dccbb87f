// Every workload in one process: under valgrind a start takes longer than all that a workload does.
import './aborts.seam.js'
import './blocks.seam.js'
import './buffers.seam.js'
import './failures.seam.js'
import './leaks.seam.js'
import './rules.seam.js'
import './threads.seam.js'
import './values.seam.js'
