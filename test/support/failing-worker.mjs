/** A thread that dies before it is ready. */
throw new Error('born dead')
