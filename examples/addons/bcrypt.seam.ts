import bcrypt from 'bcrypt'
import { workload } from 'seamproof'

workload('hash and compare', {
  run: async () => {
    const hash = await bcrypt.hash('correct horse', 4)
    if (!(await bcrypt.compare('correct horse', hash))) throw new Error('the hash does not match')
  },
})

workload('hash synchronously', {
  run: () => bcrypt.hashSync('correct horse', 4),
})
