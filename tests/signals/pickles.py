"""Predictions as Qlib pickles them, written by several versions of pandas; see test_pickles.py.

Made by ``pickle.dumps(frame, protocol=4)`` of 32-bit scores 0, 1/8 ... 5/8 on two days and three
stocks, compressed by zlib.
"""

import base64
import zlib

__all__ = ["PICKLES"]

_TEXTS = {
    "pandas 1.5.3, numpy 1.26.4": (
        "c-oy*Ur*FP5O0sW6Nrd-Q6WL&BgA-0qNoXxz@bqt)I_5XMzYzqd)J2kIoqvpi6ofFpG)>Z!}t+=@e}yyH}PZ"
        "mWOQbGa0lFz+jhHuW@dl$o0;7ye*IlEbW;;89=SZNI&mVZjf95+)W`~#{D~eP!t6)bh8b04VKV`By<gmqq(~"
        "wjq}7l|yeX0t)cNHgb~e`XIjXBGT@4oacG^<`HO{iA<vSaJU^eNH@Z~5ATkYI>m<7`3Ny6J`l_kQ7qf{oDBT"
        "2BN1woxd+gjuh>c%eAOdIy$1<ce<e9C*^jjNI?+b!}$6&iP;bCB;3DRTiV%Ub=5O?P!eg59Z2=EN9}3}Xksp"
        "ZFPzhH+yNa9a)AnUAm{#9vAS-x2y?I*rWM3)JtzIubT{k||egiL`3-6!{%xk=SI<Xbsi9Syeh3Yo=XfAG{0R"
        "1bO6Dj{U*Oq$)gr(C@>CQ$8$`59<Vu&IL}GixEZA%JxvnyQ!uI0n=n7vNihmqbUdCy})phOV<WzB3dE+P#`0"
        "hv|lUTg=7C7tFhB-XxY21DkoAy#}TbeGuCQv^^(I{S)!d~?raE`!Z_UzBiHIjaeUZPH!)U!ynQuh5oN^RT93"
        "b?H+?Dt5Lc~$!PV(wO4y^IpAAJ}_diW_Y8MUT_0*rwP%(^e-@p8V3N3GAz*r*@@4!m;@xTQ&eB=;x!{*)6oS"
        "nrogp>IWg=hHX)A>8ppgX)b_mGBf^x_-{sZEdix{g8-$=tY5B`0=;j`3Oh<=j_)u9tS+{XvCO#zHYob1-9M<"
        "rB)71p{A_5o#oj6B#Ei-V+uUG!MHF0<SG{VASEwgY}D-5|zc#1;s)kxvmq+buJ}dJxF4iH3Ht$!>c?9;?0z~"
        "SqsY)$z%byDUlD-%&z_en7sDK"
    ),
    "pandas 2.2.3, numpy 2.1.3": (
        "c-oy*-D(p-6rN3!*cSh4KwGFkmn~wnpjDw*+EmeouAtzBP=?vvX?Mx~gxy)&fQ5>*HZT`TkB{JuPvM*R27(V"
        "Ddd_Uxq;0O;&2DC9&pGpb-#KS?%U^$$nYr{tTg0Bo>TZ(C`bH`u33_ZrDDljU4`KEL?7)mJ^Jp^#ePhr(h?P"
        "uZ5oYyB#9~vX8R+xNVdA#diaEOLt33}M22R#@0ey+*aXWBZq2vzv7~?pP+MPN#;iEiMfk;!)!LU4)ZW3oI&0"
        "R&76=Mnd90oTghtOnu(6Ai%1g~JGY2jVn2mg|;c&gJTD!R0BAG!y{_YrL^fNk5WfAKP}CR5;a8<T}H><MGL`"
        "24_!Ei!g%5%9Afb@BjV#Ymu%g@G&0#<UxSZI<Z02kWTV<VmSKxh=E0BQg|toX2vDzo0dA_h)tGXl$hRP=4?)"
        "`V+*+uO0Kj$)qm5d^E`6{V5KM#9^Jl(Y_!Eb2+9|+W9^@`M34dFknV(M7Bo%gJ`Oud?ztqMCtl4PedzK5J^<"
        "zis7}=TR7(TR9`r~hLQcdx^|*AOdc`HH0SNkcE398l_mPJEZmm#D2>yDFbc0h6vvw_^$KJ4X7zX3Cdo*@wZ4"
        "93fBIAfAg)FUlWWSyQm{`+Kbwlu-hYPbHZC*vX6nyps4@2K`<I_kqvaheTE}0|qenELmn{E|QR*y$5uD6-DJ"
        "i3`pU>Z;3wpx`bB}5G)-29}R3`LzV7e!gu_}T~U2zjnn#`V!Uo990bNyoT9}a7mDz=AZS;KXrC?C<rDlz<#j"
        "nrdVlBy*2@OZGXjYZUh(DJus0gPUF;9%F{SwzinbT08oDq*^VDqJXqC(aJ&D&GjjrWsxnVVG=X+{@e8oG2y_"
        "g+t|gkmXMOAG}HO%m"
    ),
    "pandas 3.1.1, numpy 2.4.6": (
        "c-oy*OK;Oa5Vq4KZTg~6334cqV-O-xL`y-4(k9~3sFol|2&8JYwl`U;wqxuyZ6qp+L_;g>1$DV|hCk82#Ela"
        "$ySCE@IpM_K^?GJ@=li~y-Tc?z1x;PN7+~MVk>I5UX83W4Jt7XpwU1&)RCykGolx*AiA~MwhNR~BjD$XRqnd"
        "|(+#w<OPOiFLYjZt$2X}rk^+2v;M#nCKpF^=9IM$|1kSTqXu^)RuuZC23FLs%O!w~l%EDDL$^&=L>7L%3*Wh"
        "wY51Xm`9qN(kPx^9Zk;)SR-b@&zgf}Z0AoAm;j3eUCgh=cv)`v}(`2*WVe{=lUkO^pfjpk7Yk&>m{qF5E|OY"
        "s;EeSr+h_kD0Lp$MPY8LgYFYQ5(zMWY}g-KKH~1AXYvNl})xuR5Niz1RqB}*+S3c8n{!97qYp6+6MRqpGy5z"
        "da&KhN*H#xS}b(@&PtkcN=^v{7^O%}1U)PbYk;@l(|}vV-~=c`sY)05v;+jTyCK4^1B?SSlP(TB1Vt)5WB|G"
        "7ke3FT7~oL~ddQ61ZN(|A@RHeMBnw%eNg>lxDQPNzyy+vlS}#NrgTWfv5C&5-UPK8u0Kr6(StH|WG|fXi`S2"
        "?V+D|+zY*7Mf$0pDFQlmyJztHOtWPDv}<|LR!m%Jk&H_6E5VT=ISggG7ogfA#s8tK9bdZx~<L1cQ9&z_QY#?"
        "u@^L2vt5+(tvOwTi7xV$00V5<7^VvATA(_%m-vCDAg^tuGBUo2PSU6l+xLxi}I^?K%^EsZlyj&&yh%vsoqN_"
        "Wm!@0Wf>?h2I?kUMtS`CX8~q4|}}kV;ORS=i4E9d(6WP1rNQQsFN<xr7FEYOkpDfg-MxIG8K)bV<xNeP*s&%"
        "PZw{=ON|Tj_gZh%>--R*(dV>9U!GDDeI+FXd5k-%t$4&|LS;aB!Rp#XY35%niwTy_{K-!8erP8t!dAMj59dV"
        "2`2jY1PJ_R+A-oiILnu}os?2~6hrRR=pXfJ|98J|g9zl^no0ff|t=cqn0FN-N8pj57Cd?Q#;~iNpZ5Mac^b&"
        "U6?pB2CIDozd+#wg6vNZOi*sT2p(bq_D"
    ),
}
PICKLES = {name: zlib.decompress(base64.b85decode(text)) for name, text in _TEXTS.items()}
