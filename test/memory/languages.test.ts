import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { openConcord } from '../../src/index.ts'
import { hasOfflineEmbedder } from '../../src/models/offline-embedder.ts'

/** Three texts of a language, and questions with the text that answers each. */
const languages: { [name: string]: { texts: string[]; asked: [question: string, text: number][] } } = {
  Chinese: {
    texts: [
      '多模态大模型可以同时理解图像和文字。',
      '上海的地铁在早上六点开始运行。',
      '我家的猫喜欢在窗边睡觉。',
    ],
    asked: [
      ['多模态模型理解图像吗', 0],
      ['地铁几点开始', 1],
      ['猫', 2],
    ],
  },
  Japanese: {
    texts: [
      '東京タワーは三百三十三メートルの高さがあります。',
      '会議は来週の火曜日に行われます。',
      'パスワードを忘れた場合は管理者に連絡してください。',
    ],
    asked: [
      ['東京タワーの高さ', 0],
      ['会議はいつですか', 1],
      ['ﾊﾟｽﾜｰﾄﾞを忘れました', 2],
    ],
  },
  Korean: {
    texts: [
      '휴가 신청은 인사팀에 제출해야 합니다.',
      '서버는 매일 밤 자정에 백업됩니다.',
      '고양이는 창가에서 잠을 잡니다.',
    ],
    asked: [
      ['휴가를 신청하려면', 0],
      ['백업', 1],
      ['고양이', 2],
    ],
  },
  Thai: {
    texts: ['พนักงานต้องส่งใบลาก่อนวันหยุดสามวัน', 'รถไฟฟ้าเริ่มให้บริการเวลาหกโมงเช้า', 'แมวชอบนอนริมหน้าต่าง'],
    asked: [
      ['ใบลา', 0],
      ['รถไฟฟ้าเริ่มกี่โมง', 1],
      ['แมว', 2],
    ],
  },
  Russian: {
    texts: ['Сервер сохраняется каждую ночь.', 'Встреча будет во вторник.', 'Кошка спит у окна.'],
    asked: [
      ['вторник', 1],
      ['КОШКА', 2],
    ],
  },
  Arabic: {
    texts: ['يتم حفظ الخادم كل ليلة.', 'الاجتماع يوم الثلاثاء.', 'القطة تنام بجانب النافذة.'],
    asked: [
      ['الاجتماع', 1],
      ['القطة', 2],
    ],
  },
}

for (const embedder of ['none', 'offline']) {
  const skip = embedder === 'offline' && !hasOfflineEmbedder() && 'the offline embedder is not installed'
  describe(`knowledge and facts ${embedder === 'none' ? 'by words' : 'with the offline embedder'}`, {
    skip,
  }, () => {
    for (const kind of ['memory', 'sqlite'] as const)
      it(`finds what was asked in languages without blanks and with other letters (${kind})`, async () => {
        const directory = await mkdtemp(join(tmpdir(), 'concord-languages-'))
        after(() => rm(directory, { recursive: true, force: true }))
        const stores = { kind, directory }
        await using opened = await usable({ stores, embedder })
        const knowledge = opened.concord.knowledge('global')
        for (const [name, { texts }] of Object.entries(languages))
          for (const [at, text] of texts.entries()) await knowledge.add({ id: `${name}-${at}`, text })
        if (embedder === 'offline') await knowledge.embed()
        for (const [name, { asked }] of Object.entries(languages))
          for (const [question, at] of asked) {
            const [hit] = await knowledge.search(question, { limit: 3 })
            assert.equal(hit?.document.id, `${name}-${at}`, question)
          }
        assert.deepEqual(await knowledge.search('株価'), [], 'what no text has a part of is not found')
      })

    it('recalls facts', async () => {
      await using opened = await usable({ stores: { kind: 'memory' }, embedder })
      const subject = opened.concord.subject('ann')
      await subject.remember('私は来年の春に大阪へ引っ越します。')
      await subject.remember('我对花生过敏。')
      await subject.remember('I work on the night shift.')
      const recalled = async (query: string) => (await subject.recall(query)).map(({ fact }) => fact)
      assert.equal((await recalled('大阪に行くのはいつ'))[0], '私は来年の春に大阪へ引っ越します。')
      assert.equal((await recalled('花生'))[0], '我对花生过敏。')
    })
  })
}

const usable = async (config: NonNullable<Parameters<typeof openConcord>[0]>['config']) => {
  const concord = await openConcord({ config: config ?? {} })
  return { concord, [Symbol.asyncDispose]: () => concord.close() }
}
