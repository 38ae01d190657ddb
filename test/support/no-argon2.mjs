/** Makes the import of argon2's package fail, as on a platform for which it has no binary. */
import { registerHooks } from 'node:module'

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === '@node-rs/argon2') throw new Error('no binary')
    return next(specifier, context)
  },
})
