using System.Numerics;
using Firewall.Bpf.Assembly;
using Firewall.Bpf.Isa;
using Firewall.Rules.Meaning;
using static Firewall.Bpf.Isa.Register;

namespace Firewall.Compiler.CodeGeneration;

/// <summary>The steps that remember.</summary>
internal sealed partial class SearchEmitter
{
    /// <content>Finding, making, reading and writing entries.</content>
    private sealed partial class Block
    {
        private void EmitFind(Find find)
        {
            search._current = find.Memory;
            var done = asm.NewLabel("found or not");
            if (find.Memory is not Table table)
            {
                SearchMemory.EmitFindCell(asm, Places.Cell);
                asm.JumpIf(Condition.Equal, R0, 0, Failed);
                EmitCurrent(find.Found);
                return;
            }

            for (var i = 0; i < find.Key.Length; i++)
            {
                Evaluate(Drawn(find.Key[i]), R1);
                asm.Store(Width.Double, Frame, (short)(Places.Keys + (8 * i)), R1);
            }

            var none = asm.NewLabel("not found");
            Memory.EmitLookup(asm, table, Places.Keys);
            asm.JumpIf(Condition.Equal, R0, 0, none);
            if (table.ExpiresBy is { } expiry)
            {
                var lives = asm.NewLabel("lives");
                asm.Load(Width.Double, R1, R0, (short)(8 * expiry));
                asm.JumpIf(Condition.Equal, R1, 0, lives);
                asm.Load(Width.Double, R2, Frame, Places.Clocks[ClockKind.Jiffies]);
                asm.Alu(AluOp.Subtract, R2, R1);
                asm.JumpIf(Condition.SignedGreaterOrEqual, R2, 0, none);
                asm.Mark(lives);
            }

            EmitCurrent(find.Found);
            asm.Jump(done);
            asm.Mark(none);
            EmitNone(find.Found);
            asm.Mark(done);
        }

        /// <summary>The entry in R0 becomes the current one.</summary>
        private void EmitCurrent(int answer)
        {
            asm.Move(Entry, R0);
            asm.Store(Width.Double, Frame, Places.Entry, Entry);
            asm.StoreImmediate(Width.Double, Scratch.Base, LocalSlot(answer), 1);
        }

        private void EmitNone(int answer)
        {
            asm.Move(Entry, 0);
            asm.Store(Width.Double, Frame, Places.Entry, Entry);
            asm.StoreImmediate(Width.Double, Scratch.Base, LocalSlot(answer), 0);
        }

        private void EmitCreate(Create create)
        {
            var (table, full, done) = ((Table)search._current!, asm.NewLabel("full"), asm.NewLabel("made or not"));

            // What was not found may be there and dead.
            if (table.ExpiresBy is not null) { Memory.EmitDelete(asm, table, Places.Keys); }
            Memory.EmitInsert(asm, table, Places.Keys);
            if (SearchMemory.MakesRoom(table))
            {
                var inserted = asm.NewLabel("inserted");
                asm.JumpIf(Condition.NotEqual, R0, SearchMemory.TooBig, inserted);
                Memory.EmitMakeRoom(asm, table);
                asm.JumpIf(Condition.Equal, R0, 0, full);
                Memory.EmitInsert(asm, table, Places.Keys);
                asm.Mark(inserted);
            }

            Memory.EmitLookup(asm, table, Places.Keys);
            asm.JumpIf(Condition.Equal, R0, 0, full);
            EmitCurrent(create.Made);
            asm.Jump(done);
            asm.Mark(full);
            EmitNone(create.Made);
            asm.Mark(done);
        }

        private void EmitFetch(Fetch fetch)
        {
            EmitNeedEntry();
            var done = asm.NewLabel("fetched");
            switch (WordIn(fetch.Word))
            {
                case { } word when word < Words:
                    asm.Load(Width.Double, R1, Entry, (short)(8 * word));
                    break;
                case not null:
                    asm.Move(R1, 0);
                    break;
                default:
                    var outside = asm.NewLabel("no such word");
                    EmitAddress(Drawn(fetch.Word), outside);
                    asm.Load(Width.Double, R1, R1, 0);
                    if (!BitOperations.IsPow2(Words))
                    {
                        asm.Jump(done);
                        asm.Mark(outside);
                        asm.Move(R1, 0);
                    }

                    break;
            }

            asm.Mark(done);
            asm.Store(Width.Double, Scratch.Base, LocalSlot(fetch.Local), R1);
        }

        private void EmitStore(Rules.Meaning.Store store)
        {
            EmitNeedEntry();
            switch (WordIn(store.Word))
            {
                case { } word when word < Words:
                    Evaluate(Drawn(store.Value), R1);
                    asm.Store(Width.Double, Entry, (short)(8 * word), R1);
                    break;
                case not null:
                    break;
                default:
                    var outside = asm.NewLabel("no such word");
                    var (word2, value) = (Drawn(store.Word), Drawn(store.Value, Draws(store.Word)));
                    EmitAddress(word2, outside);
                    Evaluate(value, R2);
                    asm.Store(Width.Double, R1, 0, R2);
                    asm.Mark(outside);
                    break;
            }
        }

        private int Words => search._current!.Words;

        /// <summary>The number of the word, where the text says it and an instruction can hold it.</summary>
        private int? WordIn(Expression word) =>
            word is Constant constant && Words < short.MaxValue / 8 ? (int)(constant.Value & Mask) : null;

        private ulong Mask => BitOperations.RoundUpToPowerOf2((ulong)Words) - 1;

        /// <summary>R1 = address of a word of the current entry.</summary>
        private void EmitAddress(Expression word, Label outside)
        {
            Evaluate(word, R1);
            asm.Alu(AluOp.And, R1, (int)Mask);
            if (!BitOperations.IsPow2(Words)) { asm.JumpIf(Condition.AboveOrEqual, R1, Words, outside); }
            asm.Alu(AluOp.ShiftLeft, R1, 3);
            asm.Alu(AluOp.Add, R1, Entry);
        }

        /// <summary>The program knows that there is an entry; the verifier does not.</summary>
        private void EmitNeedEntry()
        {
            if (!_isLocked) { asm.JumpIf(Condition.Equal, Entry, 0, Failed); }
        }

        private Label Failed
        {
            get
            {
                _mayFail = true;
                return failed;
            }
        }

        private void EmitAtomically(Atomically block)
        {
            EmitNeedEntry();
            Memory.EmitLock(asm, search._current!, Entry, HelperFunction.SpinLock);
            _isLocked = true;
            Emit(block.Body);
            _isLocked = false;
            Memory.EmitLock(asm, search._current!, Entry, HelperFunction.SpinUnlock);
        }
    }
}
