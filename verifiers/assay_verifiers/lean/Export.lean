/-!
Policy `export`: this text follows `Audit.lean` without its `main`, and the program runs in two processes.

The first elaborates submissions (`op` `export`) and writes the constants that the theorem needs and the reference's
environment lacks, as text. The second (`op` `replay`) never sees a submission. It takes that text for hostile: reads
it, has the kernel check every declaration on its own untouched environment, and compares the theorem with the
statement it elaborated itself. Whatever it cannot read or replay is refused.

The text has one entry a line, its words set apart by one blank. Entries of three tables are numbered in the order in
which they come (name 0 is the empty one, level 0 is zero), and only earlier ones can be named:

    str PREFIX TEXT | num PREFIX NUMBER                                                   names
    succ L | max L L | imax L L | param NAME                                              levels
    var I | sort L | const NAME L… | app F A | lam T B | pi T B | let DEPENDENT T V B     expressions
    nat NUMBER | text TEXT | proj STRUCTURE FIELD E                                       expressions
    theorem NAME T V NAME… | opaque NAME T V NAME… | def NAME HEIGHT T V NAME…            declarations
    inductive PARAMETERS LEVELS NAME… (NAME T CONSTRUCTORS (NAME T)…)…                    declarations
    end DECLARATIONS                                                                      the last line

There is no entry for axioms, and none for free or meta variables. Names and annotations of binders are left out, as is
`mdata`: the kernel looks at none of them.
-/

namespace Assay.Export

/-! ## Both ends -/

/-- Bytes of an export. With twice as many lines as that gives, the WebAssembly stack ends. -/
def mostBytes : Nat := 1000000

def replaced (s old new : String) : String :=
  let rec join : List String → String
    | [] => ""
    | [a] => a
    | a :: as => a ++ new ++ join as
  join (s.splitOn old)

/-- Blanks and line ends separate words and entries. -/
def escape (s : String) : String := replaced (replaced (replaced s "%" "%25") " " "%20") "\n" "%0A"
def unescape (s : String) : String := replaced (replaced (replaced s "%0A" "\n") "%20" " ") "%25" "%"

partial def withoutData (e : Expr) : Expr :=
  e.replace fun
    | .mdata _ inner => some (withoutData inner)
    | _ => none

/-! ## Writing -/

/-- Numbers of what was written: a search tree by hash. Names are kept as constants, levels as sorts. -/
inductive Memo where
  | leaf
  | node (hash : UInt64) (key : Expr) (index : Nat) (left right : Memo)

partial def Memo.find (m : Memo) (hash : UInt64) (key : Expr) : Option Nat :=
  match m with
  | .leaf => none
  | .node h k index left right =>
    if hash < h then left.find hash key
    else if hash == h && key == k then some index
    else right.find hash key

partial def Memo.insert (m : Memo) (hash : UInt64) (key : Expr) (index : Nat) : Memo :=
  match m with
  | .leaf => .node hash key index .leaf .leaf
  | .node h k i left right =>
    if hash < h then .node h k i (left.insert hash key index) right
    else .node h k i left (right.insert hash key index)

structure Sheet where
  names : Memo := .leaf
  nameCount : Nat := 1
  levels : Memo := .leaf
  levelCount : Nat := 1
  exprs : Memo := .leaf
  exprCount : Nat := 0
  /-- The last comes first. -/
  lines : List String := []
  bytes : Nat := 0
  done : NameSet := {}
  declarations : Nat := 0
  /-- Verdict and detail once something cannot be written. -/
  problem : Option (String × String) := none

def Sheet.line (s : Sheet) (words : String) : Sheet :=
  { s with lines := words :: s.lines, bytes := s.bytes + words.utf8ByteSize + 1 }

def Sheet.fail (s : Sheet) (verdict detail : String) : Sheet :=
  match s.problem with
  | some _ => s
  | none => { s with problem := some (verdict, detail) }

def word (n : Nat) : String := " " ++ toString n

partial def nameOf (s : Sheet) (n : Name) : Sheet × Nat :=
  match n with
  | .anonymous => (s, 0)
  | _ =>
    let key := Expr.const n []
    match s.names.find key.hash key with
    | some i => (s, i)
    | none =>
      let (s, entry) := match n with
        | .str p t => let (s, i) := nameOf s p; (s, "str" ++ word i ++ " " ++ escape t)
        | .num p k => let (s, i) := nameOf s p; (s, "num" ++ word i ++ word k)
        | .anonymous => (s, "")
      let s := s.line entry
      ({ s with names := s.names.insert key.hash key s.nameCount, nameCount := s.nameCount + 1 }, s.nameCount)

partial def namesOf (s : Sheet) (ns : List Name) : Sheet × String :=
  match ns with
  | [] => (s, "")
  | n :: rest =>
    let (s, i) := nameOf s n
    let (s, words) := namesOf s rest
    (s, word i ++ words)

partial def levelOf (s : Sheet) (l : Level) : Sheet × Nat :=
  match l with
  | .zero => (s, 0)
  | _ =>
    let key := Expr.sort l
    match s.levels.find key.hash key with
    | some i => (s, i)
    | none =>
      let (s, entry) := match l with
        | .succ a => let (s, i) := levelOf s a; (s, "succ" ++ word i)
        | .max a b => let (s, i) := levelOf s a; let (s, j) := levelOf s b; (s, "max" ++ word i ++ word j)
        | .imax a b => let (s, i) := levelOf s a; let (s, j) := levelOf s b; (s, "imax" ++ word i ++ word j)
        | .param n => let (s, i) := nameOf s n; (s, "param" ++ word i)
        | _ => (s.fail "kernel_rejected" "a level is not known", "")
      let s := s.line entry
      ({ s with levels := s.levels.insert key.hash key s.levelCount, levelCount := s.levelCount + 1 }, s.levelCount)

partial def levelsOf (s : Sheet) (ls : List Level) : Sheet × String :=
  match ls with
  | [] => (s, "")
  | l :: rest =>
    let (s, i) := levelOf s l
    let (s, words) := levelsOf s rest
    (s, word i ++ words)

partial def exprOf (s : Sheet) (e : Expr) : Sheet × Nat :=
  match e with
  | .mdata _ inner => exprOf s inner
  | _ =>
    if s.problem.isSome then (s, 0) else
    if s.bytes > mostBytes then (s.fail "export_too_large" "the proof is too large to be written down", 0) else
    match s.exprs.find e.hash e with
    | some i => (s, i)
    | none =>
      let (s, entry) := match e with
        | .bvar i => (s, "var" ++ word i)
        | .sort l => let (s, i) := levelOf s l; (s, "sort" ++ word i)
        | .const n ls => let (s, i) := nameOf s n; let (s, words) := levelsOf s ls; (s, "const" ++ word i ++ words)
        | .app f a => two s "app" f a
        | .lam _ t b _ => two s "lam" t b
        | .forallE _ t b _ => two s "pi" t b
        | .letE _ t v b free =>
          let (s, i) := exprOf s t
          let (s, words) := two s "" v b
          (s, (if free then "let 0" else "let 1") ++ word i ++ words)
        | .lit (.natVal n) => (s, "nat" ++ word n)
        | .lit (.strVal t) => (s, "text " ++ escape t)
        | .proj n i b => let (s, k) := nameOf s n; let (s, j) := exprOf s b; (s, "proj" ++ word k ++ word i ++ word j)
        | _ => (s.fail "kernel_rejected" "a variable is not known", "")
      let s := s.line entry
      ({ s with exprs := s.exprs.insert e.hash e s.exprCount, exprCount := s.exprCount + 1 }, s.exprCount)
where
  two (s : Sheet) (head : String) (a b : Expr) : Sheet × String :=
    let (s, i) := exprOf s a
    let (s, j) := exprOf s b
    (s, head ++ word i ++ word j)

def howMany : List Name → Nat
  | [] => 0
  | _ :: ns => howMany ns + 1

def heightOf : ReducibilityHints → Nat
  | .opaque => 0
  | .abbrev => 1
  | .regular h => h.toNat + 2

mutual
/-- Write a constant that the reference's environment does not have, after all that it mentions. -/
partial def write (base : Kernel.Environment) (env : Environment) (n : Name) (s : Sheet) : Sheet :=
  if s.done.contains n || s.problem.isSome then s else
  let s := { s with done := s.done.insert n }
  match base.find? n with
  | some _ => s
  | none =>
  match env.find? n with
  | none => s.fail "kernel_rejected" ("unknown constant " ++ n.toString)
  | some ci =>
    if ci.isUnsafe || ci.isPartial then s.fail "unsafe_constant" n.toString else
    match ci with
    | .axiomInfo _ => s.fail "forbidden_axiom" n.toString
    | .quotInfo _ => s.fail "kernel_rejected" "quotient primitive"
    | .ctorInfo v => write base env v.induct s
    | .recInfo v => writeAll base env v.all s
    | .thmInfo v => entry (writeAll base env (mentions ci) s) "theorem" v.name "" v.levelParams v.type v.value
    | .opaqueInfo v => entry (writeAll base env (mentions ci) s) "opaque" v.name "" v.levelParams v.type v.value
    | .defnInfo v =>
      entry (writeAll base env (mentions ci) s) "def" v.name (word (heightOf v.hints)) v.levelParams v.type v.value
    | .inductInfo v =>
      let s := { s with done := insertAll v.all s.done }
      let s := writeAll base env (inductiveMentions env v.all) s
      let (s, levels) := namesOf s v.levelParams
      let (s, types) := typesOf env v.all s
      let s := s.line ("inductive" ++ word v.numParams ++ word (howMany v.levelParams) ++ levels ++ types)
      { s with declarations := s.declarations + 1 }
partial def writeAll (base : Kernel.Environment) (env : Environment) (ns : List Name) (s : Sheet) : Sheet :=
  match ns with
  | [] => s
  | n :: rest => writeAll base env rest (write base env n s)
partial def entry (s : Sheet) (kind : String) (n : Name) (more : String) (levels : List Name) (t v : Expr) : Sheet :=
  let (s, i) := nameOf s n
  let (s, words) := exprOf.two s "" t v
  let (s, params) := namesOf s levels
  let s := s.line (kind ++ word i ++ more ++ words ++ params)
  { s with declarations := s.declarations + 1 }
partial def typesOf (env : Environment) (ns : List Name) (s : Sheet) : Sheet × String :=
  match ns with
  | [] => (s, "")
  | n :: rest =>
    match env.find? n with
    | some (.inductInfo v) =>
      let (s, head) := typed s n v.type
      let (s, count, inner) := constructorsOf env v.ctors s
      let (s, words) := typesOf env rest s
      (s, head ++ word count ++ inner ++ words)
    | _ => (s.fail "kernel_rejected" ("not an inductive type: " ++ n.toString), "")
partial def constructorsOf (env : Environment) (ns : List Name) (s : Sheet) : Sheet × Nat × String :=
  match ns with
  | [] => (s, 0, "")
  | n :: rest =>
    match env.find? n with
    | some ci =>
      let (s, head) := typed s n ci.type
      let (s, count, words) := constructorsOf env rest s
      (s, count + 1, head ++ words)
    | none => (s.fail "kernel_rejected" ("unknown constructor " ++ n.toString), 0, "")
partial def typed (s : Sheet) (n : Name) (t : Expr) : Sheet × String :=
  let (s, i) := nameOf s n
  let (s, j) := exprOf s t
  (s, word i ++ word j)
end

partial def joinLines : List String → String → String
  | [], text => text
  | a :: as, text => joinLines as (a ++ "\n" ++ text)

/-- What the elaborating process answers: a refusal, or the export. None of it is believed. -/
def author (r : Reference) (run : Run) (guard : Bool) : Answer × String :=
  let answer (verdict detail : String) : Answer := { verdict, detail, messages := run.messages }
  match run.refused with
  | some n => (answer "forbidden_syntax" n.toString, "")
  | none =>
  if guard && anyError run.messages then (answer "elaboration_error" "", "") else
  match run.state.env.find? r.name with
  | none => (answer "theorem_missing" r.name.toString, "")
  | some (.axiomInfo _) => (answer "forbidden_axiom" r.name.toString, "")
  | some (.thmInfo _) =>
    let s := write r.state.env.toKernelEnv run.state.env r.name {}
    match s.problem with
    | some (verdict, detail) => (answer verdict detail, "")
    | none =>
      let s := s.line ("end" ++ word s.declarations)
      (answer "exported" "", joinLines s.lines "")
  | some _ => (answer "not_a_theorem" r.name.toString, "")

/-! ## Reading -/

structure Tables where
  names : Array Name := #[.anonymous]
  levels : Array Level := #[.zero]
  exprs : Array Expr := #[]

inductive Entry where
  | name (n : Name)
  | level (l : Level)
  | expr (e : Expr)
  | declaration (d : Declaration)
  | done (declarations : Nat)

/-- Indices are far below the 20 bits that Lean's kernel has for them. -/
def small (w : String) : Option Nat :=
  if w.utf8ByteSize > 6 then none else
  match w.toNat? with
  | some n => if n < 65536 then some n else none
  | none => none

def index (w : String) : Option Nat := if w.utf8ByteSize > 7 then none else w.toNat?

def nameAt (t : Tables) (w : String) : Option Name :=
  match index w with
  | some i => if h : i < t.names.size then some t.names[i] else none
  | none => none

def levelAt (t : Tables) (w : String) : Option Level :=
  match index w with
  | some i => if h : i < t.levels.size then some t.levels[i] else none
  | none => none

def exprAt (t : Tables) (w : String) : Option Expr :=
  match index w with
  | some i => if h : i < t.exprs.size then some t.exprs[i] else none
  | none => none

def levelsAt (t : Tables) : List String → Option (List Level)
  | [] => some []
  | w :: ws => match levelAt t w, levelsAt t ws with
    | some l, some ls => some (l :: ls)
    | _, _ => none

def namesAt (t : Tables) : List String → Option (List Name)
  | [] => some []
  | w :: ws => match nameAt t w, namesAt t ws with
    | some n, some ns => some (n :: ns)
    | _, _ => none

/-- The first `n` words, and the others. -/
def cutAt : Nat → List String → Option (List String × List String)
  | 0, ws => some ([], ws)
  | _ + 1, [] => none
  | n + 1, w :: ws => match cutAt n ws with
    | some (a, b) => some (w :: a, b)
    | none => none

def closed (t : Tables) (w : String) : Option Expr :=
  match exprAt t w with
  | some e => if e.hasLooseBVars then none else some e
  | none => none

def pair (t : Tables) (a b : String) : Option (Expr × Expr) :=
  match exprAt t a, exprAt t b with
  | some x, some y => some (x, y)
  | _, _ => none

/-- Name, type, value and level parameters of a declaration. -/
def parts (t : Tables) (n ty v : String) (ps : List String) : Option (ConstantVal × Expr) :=
  match nameAt t n, closed t ty, closed t v, namesAt t ps with
  | some name, some type, some value, some levelParams => some ({ name, type, levelParams }, value)
  | _, _, _, _ => none

def constructorsAt (t : Tables) : Nat → List String → Option (List Constructor × List String)
  | 0, ws => some ([], ws)
  | k + 1, n :: ty :: ws => match nameAt t n, closed t ty, constructorsAt t k ws with
    | some name, some type, some (cs, ws) => some ({ name, type } :: cs, ws)
    | _, _, _ => none
  | _, _ => none

partial def typesAt (t : Tables) : List String → Option (List InductiveType)
  | [] => some []
  | n :: ty :: k :: ws => match nameAt t n, closed t ty, small k with
    | some name, some type, some k => match constructorsAt t k ws with
      | some (ctors, ws) => match typesAt t ws with
        | some rest => some ({ name, type, ctors } :: rest)
        | none => none
      | none => none
    | _, _, _ => none
  | _ => none

def binder : Name := `x

def entryOf (t : Tables) (words : List String) : Option Entry :=
  match words with
  | ["app", f, a] => match pair t f a with | some (f, a) => some (.expr (mkApp f a)) | none => none
  | "const" :: n :: ls => match nameAt t n, levelsAt t ls with
    | some n, some ls => some (.expr (mkConst n ls))
    | _, _ => none
  | ["lam", ty, b] => match pair t ty b with
    | some (ty, b) => some (.expr (mkLambda binder .default ty b))
    | none => none
  | ["pi", ty, b] => match pair t ty b with
    | some (ty, b) => some (.expr (mkForall binder .default ty b))
    | none => none
  | ["var", i] => match small i with | some i => some (.expr (mkBVar i)) | none => none
  | ["str", p, s] => match nameAt t p with | some p => some (.name (.str p (unescape s))) | none => none
  | ["num", p, k] => match nameAt t p, index k with | some p, some k => some (.name (.num p k)) | _, _ => none
  | ["sort", l] => match levelAt t l with | some l => some (.expr (mkSort l)) | none => none
  | ["let", dependent, ty, v, b] => match exprAt t ty, pair t v b with
    | some ty, some (v, b) => some (.expr (.letE binder ty v b (dependent == "0")))
    | _, _ => none
  | ["nat", n] => if n.utf8ByteSize > 20000 then none else match n.toNat? with
    | some n => some (.expr (mkRawNatLit n))
    | none => none
  | ["text", s] => some (.expr (mkStrLit (unescape s)))
  | ["proj", n, i, e] => match nameAt t n, small i, exprAt t e with
    | some n, some i, some e => some (.expr (mkProj n i e))
    | _, _, _ => none
  | ["succ", l] => match levelAt t l with | some l => some (.level (.succ l)) | none => none
  | ["max", a, b] => match levelAt t a, levelAt t b with | some a, some b => some (.level (.max a b)) | _, _ => none
  | ["imax", a, b] => match levelAt t a, levelAt t b with
    | some a, some b => some (.level (.imax a b))
    | _, _ => none
  | ["param", n] => match nameAt t n with | some n => some (.level (.param n)) | none => none
  | "theorem" :: n :: ty :: v :: ps => match parts t n ty v ps with
    | some (c, value) => some (.declaration (.thmDecl { toConstantVal := c, value }))
    | none => none
  | "opaque" :: n :: ty :: v :: ps => match parts t n ty v ps with
    | some (c, value) => some (.declaration (.opaqueDecl { toConstantVal := c, value, isUnsafe := false, all := [c.name] }))
    | none => none
  | "def" :: n :: height :: ty :: v :: ps => match parts t n ty v ps, small height with
    | some (c, value), some height =>
      let hints := match height with
        | 0 => .opaque
        | 1 => .abbrev
        | h + 2 => .regular h.toUInt32
      some (.declaration (.defnDecl { toConstantVal := c, value, hints, safety := .safe }))
    | _, _ => none
  | "inductive" :: parameters :: k :: ws => match small parameters, small k with
    | some parameters, some k => match cutAt k ws with
      | some (ps, ws) => match namesAt t ps, typesAt t ws with
        | some ps, some types => some (.declaration (.inductDecl ps parameters types false))
        | _, _ => none
      | none => none
    | _, _ => none
  | ["end", k] => match index k with | some k => some (.done k) | none => none
  | _ => none

structure Book where
  /-- The last comes first. -/
  declarations : List Declaration := []
  count : Nat := 0
  /-- Constants that occur anywhere. -/
  used : NameSet := {}

partial def readLines (lines : List String) (number : Nat) (t : Tables) (b : Book) : IO Book :=
  match lines with
  | [] => throw (IO.userError "it breaks off")
  | line :: rest =>
    match entryOf t (line.splitOn " ") with
    | none => throw (IO.userError ("line " ++ toString number ++ " cannot be read"))
    | some (.name n) => readLines rest (number + 1) { t with names := t.names.push n } b
    | some (.level l) => readLines rest (number + 1) { t with levels := t.levels.push l } b
    | some (.expr e) =>
      let b := match e with
        | .const n _ => { b with used := b.used.insert n }
        | .proj n _ _ => { b with used := b.used.insert n }
        | _ => b
      readLines rest (number + 1) { t with exprs := t.exprs.push e } b
    | some (.declaration d) =>
      readLines rest (number + 1) t { b with declarations := d :: b.declarations, count := b.count + 1 }
    | some (.done k) =>
      match rest with
      | [""] => if k == b.count then pure b else throw (IO.userError "it breaks off")
      | _ => throw (IO.userError "it goes on after its end")

/-! ## What may be declared -/

def constructorNames : List Constructor → List Name
  | [] => []
  | c :: cs => c.name :: constructorNames cs

def typeNames : List InductiveType → List Name
  | [] => []
  | t :: ts => t.name :: append (constructorNames t.ctors) (typeNames ts)

def recursorNames : List InductiveType → List Name
  | [] => []
  | t :: ts => .str t.name "rec" :: recursorNames ts

def groupNames : List InductiveType → List Name
  | [] => []
  | t :: ts => t.name :: groupNames ts

def declared : Declaration → List Name
  | .thmDecl v => [v.name]
  | .defnDecl v => [v.name]
  | .opaqueDecl v => [v.name]
  | .inductDecl _ _ types _ => append (recursorNames types) (typeNames types)
  | _ => []

def mentionsAny (group : List Name) (e : Expr) : Bool := anyIn e.getUsedConstants 0
where
  anyIn (a : Array Name) (i : Nat) : Bool :=
    if h : i < a.size then hasName group a[i] || anyIn a (i + 1) else false
  termination_by a.size - i

structure Group where
  names : List Name
  levels : List Level
  parameters : Nat

def argumentsOf : Expr → List Expr → List Expr
  | .app f a, rest => argumentsOf f (a :: rest)
  | _, rest => rest

def uniformArguments (g : Group) (depth : Nat) : List Expr → Nat → Bool
  | [], i => i ≥ g.parameters
  | a :: as, i =>
    (if i < g.parameters then a == mkBVar (depth - 1 - i) else !mentionsAny g.names a) &&
      uniformArguments g depth as (i + 1)

/-- A type of the group, applied to exactly the parameters and levels of the declaration. -/
def uniform (g : Group) (depth : Nat) (e : Expr) : Bool :=
  match e.getAppFn with
  | .const n _ =>
    hasName g.names n && e.getAppFn == mkConst n g.levels && uniformArguments g depth (argumentsOf e []) 0
  | _ => false

partial def plainField (g : Group) (depth : Nat) (e : Expr) : Bool :=
  !mentionsAny g.names e ||
  match e with
  | .forallE _ t b _ => !mentionsAny g.names t && plainField g (depth + 1) b
  | _ => uniform g depth e

partial def plainConstructor (g : Group) (depth : Nat) (e : Expr) : Bool :=
  match e with
  | .forallE _ t b _ =>
    (if depth < g.parameters then !mentionsAny g.names t else plainField g depth t) &&
      plainConstructor g (depth + 1) b
  | _ => depth ≥ g.parameters && uniform g depth e

def plainConstructors (g : Group) : List Constructor → Bool
  | [] => true
  | c :: cs => plainConstructor g 0 c.type && plainConstructors g cs

partial def endsInSort : Expr → Bool
  | .forallE _ _ b _ => endsInSort b
  | .sort _ => true
  | _ => false

def plainTypes (g : Group) : List InductiveType → Bool
  | [] => true
  | t :: ts => endsInSort t.type && plainConstructors g t.ctors && plainTypes g ts

def params : List Name → List Level
  | [] => []
  | n :: ns => .param n :: params ns

/-- Kernels before Lean 4.34 can be led to `False` by inductive types that only programs write: nested ones, ones
whose sort or whose recursive fields come out of a reduction, non-uniform ones (lean4#14576, #14582, #14806, #14807).
So only those are replayed whose shape can be read off. -/
def plain : Declaration → Bool
  | .inductDecl levels parameters types _ =>
    plainTypes { names := groupNames types, levels := params levels, parameters } types
  | _ => true

/-- The first name that may not be declared. A private name of another module may belong to a constant that the
installed library uses and does not ship. -/
def misnamed (base : Kernel.Environment) (own : Option Name) : List Name → Option Name
  | [] => none
  | n :: ns =>
    if (base.find? n).isSome || n == .anonymous || hasName deniedNames n ||
      (isPrivateName n && !(privatePrefix? n == own)) then some n
    else misnamed base own ns

partial def addAll (limit : USize) (base : Kernel.Environment) (own : Option Name) (ds : List Declaration)
    (env : Kernel.Environment) : IO Kernel.Environment :=
  match ds with
  | [] => pure env
  | d :: rest =>
    if !plain d then throw (IO.userError "an inductive type is of a kind that is not replayed") else
    match misnamed base own (declared d) with
    | some n => throw (IO.userError ("it declares " ++ n.toString))
    | none =>
      match env.addDeclCore limit d none with
      | .ok env => addAll limit base own rest env
      | .error e => do throw (IO.userError (← (e.toMessageData {}).toString))

def turned : List Declaration → List Declaration → List Declaration
  | [], a => a
  | d :: ds, a => turned ds (d :: a)

def allDeclared : List Declaration → NameSet → NameSet
  | [], s => s
  | d :: ds, s => allDeclared ds (insertAll (declared d) s)

def without (s : NameSet) : List Name → List Name
  | [] => []
  | n :: ns => if s.contains n then without s ns else n :: without s ns

/-- The constants that elaborating the statement made (a `match` in it), in the form that an export gives them. -/
def ownConstants (r : Reference) (used : List Name) (limit : USize) (own : Option Name) (base : Kernel.Environment) :
    IO Kernel.Environment := do
  let s := writeAll base r.env used {}
  if s.declarations == 0 then return base
  let lines := joinLines (s.line ("end" ++ word s.declarations)).lines ""
  let book ← readLines (lines.splitOn "\n") 1 {} {}
  addAll limit base own (turned book.declarations []) base

/-- `changed`, for environments of the kernel. Constructors are among what their type mentions. -/
partial def differs (known : Environment) (base r s : Kernel.Environment) (todo : List Name) (seen : NameSet) :
    Option Name :=
  match todo with
  | [] => none
  | n :: rest =>
    if seen.contains n then differs known base r s rest seen else
    let seen := seen.insert n
    match base.find? n with
    | some _ => differs known base r s rest seen
    | none =>
    match r.find? n, s.find? n with
    | some a, some b =>
      if sameConstant known known a b then differs known base r s (append (mentions a) rest) seen else some n
    | _, _ => some n

def together : List String → String → String
  | [], all => all
  | s :: ss, all => together ss (all ++ s)

/-- What the replaying process answers about an export that may say anything. -/
def audit (r : Reference) (parts : List String) (limit : USize) : IO Answer := do
  let answer (verdict detail : String) (axioms : List Name := []) (constants : Nat := 0) : Answer :=
    { verdict, detail, axioms, constants }
  let text := together parts ""
  if text.utf8ByteSize > 2 * mostBytes then return answer "bad_export" "it is too large"
  let book ← try pure (Except.ok (← readLines (text.splitOn "\n") 1 {} {}))
    catch e => pure (Except.error (toString e))
  match r.env.find? r.name, book with
  | none, _ => return answer "bad_reference" "the statement declares no such theorem"
  | _, .error e => return answer "bad_export" e
  | some reference, .ok book =>
    let base := r.state.env
    let kernel := base.toKernelEnv
    let outside := without (allDeclared book.declarations {}) book.used.toList
    let reached := reach base outside {} { axioms := [], unusable := [] }
    match notStandard reached.axioms, reached.unusable with
    | n :: _, _ => return answer "forbidden_axiom" n.toString reached.axioms
    | [], n :: _ => return answer "unsafe_constant" n.toString reached.axioms
    | [], [] =>
      let own := privatePrefix? (mkPrivateName base binder)
      let replayed ← try pure (Except.ok (← addAll limit kernel own (turned book.declarations []) kernel))
        catch e => pure (Except.error (toString e))
      match replayed with
      | .error e => return answer "kernel_rejected" e reached.axioms
      | .ok env =>
        match env.find? r.name with
        | none => return answer "theorem_missing" r.name.toString
        | some (.thmInfo proven) =>
          if !(withoutData reference.type == proven.type && sameNames reference.levelParams proven.levelParams) then
            return answer "statement_changed" r.name.toString reached.axioms
          let used := names reference.type.getUsedConstants
          let expected ← ownConstants r used limit own kernel
          match differs base kernel expected env used {} with
          | some n => return answer "constant_changed" n.toString reached.axioms
          | none => return answer "accepted" "" reached.axioms book.count
        | some _ => return answer "not_a_theorem" r.name.toString

def judge (server : Server) (request : Json) : IO (Server × List (String × Json)) := do
  let op := text request "op"
  if op != "export" && op != "replay" then return ← Assay.judge server request
  let heartbeats := natural request "heartbeats" 200000
  let depth := natural request "depth" 512
  let guard := text request "guard" != "off"
  let t0 ← IO.monoMsNow
  let (server, r) ← referenceOf server request heartbeats depth
  if r.problem != "" then return (server, [("verdict", .str "bad_reference"), ("detail", .str r.problem)])
  let t1 ← IO.monoMsNow
  if op == "export" then
    let bounds := if guard then some { heartbeats, depth : Bounds } else none
    let run ← runText r.state (text request "submission") bounds
    let t2 ← IO.monoMsNow
    let (a, lines) := author r run guard
    let messages ← shown a.messages true 4 #[]
    let messages ← shown a.messages false 2 messages
    let t3 ← IO.monoMsNow
    return (server, [("verdict", .str a.verdict), ("detail", .str (cut a.detail)), ("messages", .arr messages),
      ("export", .str lines), ("reference_ms", number (t1 - t0)), ("submission_ms", number (t2 - t1)),
      ("export_ms", number (t3 - t2))])
  let a ← audit r (texts request "export") (USize.ofNat (heartbeats * 1000))
  let t2 ← IO.monoMsNow
  return (server, [("verdict", .str a.verdict), ("detail", .str (cut a.detail)), ("name", .str r.name.toString),
    ("axioms", .arr (nameStrings a.axioms #[])), ("constants", number a.constants), ("audit_ms", number (t2 - t1))])

end Assay.Export

public def main (args : List String) : IO UInt32 := Assay.start Assay.Export.judge args
